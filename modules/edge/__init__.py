"""What the internet meets: load balancer, certificate, firewall."""
