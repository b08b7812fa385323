resource "aws_security_group" "alb" {
  name        = "${var.stack_name_prefix}-alb-sg"
  description = "Browsers to the balancer"
  vpc_id      = aws_vpc.main.id

  ingress {
    description = "Plain web"
    from_port   = 80
    to_port     = 80
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }

  ingress {
    description = "Encrypted web"
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }

  tags = merge(local.tags, { Name = "${var.stack_name_prefix}-alb-sg" })
}

resource "aws_security_group" "ecs_tasks" {
  name        = "${var.stack_name_prefix}-ecs-tasks-sg"
  description = "Containers of the platform"
  vpc_id      = aws_vpc.main.id

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }

  tags = merge(local.tags, { Name = "${var.stack_name_prefix}-ecs-tasks-sg" })
}

resource "aws_security_group" "rds" {
  name        = "${var.stack_name_prefix}-rds-sg"
  description = "Containers to the database"
  vpc_id      = aws_vpc.main.id

  ingress {
    description     = "Postgres from the containers"
    from_port       = 5432
    to_port         = 5432
    protocol        = "tcp"
    security_groups = [aws_security_group.ecs_tasks.id]
  }

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }

  tags = merge(local.tags, { Name = "${var.stack_name_prefix}-rds-sg" })
}

resource "aws_security_group" "msk_client" {
  name        = "${var.stack_name_prefix}-msk-client-sg"
  description = "Whoever talks to the event broker"
  vpc_id      = aws_vpc.main.id

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }

  tags = merge(local.tags, { Name = "${var.stack_name_prefix}-msk-client-sg" })
}
