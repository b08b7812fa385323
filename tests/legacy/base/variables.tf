variable "aws_region" {
  description = "Where everything lives."
  type        = string
  default     = "us-east-1"
}

variable "stack_name_prefix" {
  description = "Starts every name of the base."
  type        = string
  default     = "atomic"
}

variable "vpc_cidr_block" {
  description = "The address block the subnets are cut from."
  type        = string
  default     = "10.0.0.0/16"
}

variable "num_availability_zones" {
  description = "How many zones to spread over."
  type        = number
  default     = 2

  validation {
    condition     = var.num_availability_zones >= 1 && var.num_availability_zones <= 3
    error_message = "Between one and three zones."
  }
}

variable "enable_nat_gateway" {
  description = "Whether private subnets reach the internet."
  type        = bool
  default     = true
}

variable "db_instance_class" {
  description = "Size of the database machine."
  type        = string
  default     = "db.t3.micro"
}

variable "db_allocated_storage" {
  description = "Database disk, in GiB."
  type        = number
  default     = 20
}

variable "db_engine" {
  description = "Kind of database."
  type        = string
  default     = "postgres"
}

variable "db_engine_version_postgres" {
  description = "Release of the database engine."
  type        = string
  default     = "15.6"
}

variable "db_name" {
  description = "First database created on the instance."
  type        = string
  default     = "atomicdb"
}

variable "db_master_username" {
  description = "Login of the database owner."
  type        = string
  default     = "postgresadmin"
}

variable "db_backup_retention_period" {
  description = "Days that automatic backups are kept; 0 for none."
  type        = number
  default     = 0
}

variable "db_multi_az" {
  description = "Whether a standby runs in a second zone."
  type        = bool
  default     = false
}
