resource "aws_ecs_cluster" "main" {
  name = "${var.stack_name_prefix}-ecs-cluster"

  setting {
    name  = "containerInsights"
    value = "disabled"
  }

  tags = merge(local.tags, { Name = "${var.stack_name_prefix}-ecs-cluster" })
}
