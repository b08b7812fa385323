# The folder a business ran before: plain Terraform, one state, everything in it.

terraform {
  required_version = ">= 1.3"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
    random = {
      source  = "hashicorp/random"
      version = "~> 3.5"
    }
  }
}

provider "aws" {
  region = var.aws_region
}

data "aws_availability_zones" "usable" {
  state = "available"
}

data "aws_caller_identity" "self" {}

data "aws_region" "here" {}

data "aws_partition" "here" {}

locals {
  zones     = slice(data.aws_availability_zones.usable.names, 0, var.num_availability_zones)
  nat_count = var.enable_nat_gateway ? length(local.zones) : 0

  # Every object of the base carries these; each adds its own Name.
  tags = {
    Owner   = "platform"
    Stack   = var.stack_name_prefix
    Purpose = "legacy base"
  }
}
