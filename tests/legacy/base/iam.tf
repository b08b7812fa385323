locals {
  containers_assume = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Action    = "sts:AssumeRole"
        Effect    = "Allow"
        Principal = { Service = "ecs-tasks.amazonaws.com" }
      },
    ]
  })

  arn_start = "arn:${data.aws_partition.here.partition}"
  scope     = "${data.aws_region.here.name}:${data.aws_caller_identity.self.account_id}"
}

resource "aws_iam_role" "ecs_task_execution_role" {
  name               = "${var.stack_name_prefix}-ecs-task-execution-role"
  assume_role_policy = local.containers_assume
  tags               = local.tags
}

resource "aws_iam_role_policy_attachment" "ecs_task_execution_role_policy" {
  role       = aws_iam_role.ecs_task_execution_role.name
  policy_arn = "${local.arn_start}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

resource "aws_iam_role" "ecs_application_task_role" {
  name               = "${var.stack_name_prefix}-ecs-application-task-role"
  assume_role_policy = local.containers_assume
  tags               = local.tags
}

data "aws_iam_policy_document" "application" {
  statement {
    sid       = "Objects"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
    resources = ["${aws_s3_bucket.data_bucket.arn}/*"]
  }

  statement {
    sid       = "Listing"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.data_bucket.arn]
  }

  statement {
    sid     = "Secrets"
    actions = ["secretsmanager:GetSecretValue"]
    resources = [
      "${local.arn_start}:secretsmanager:${local.scope}:secret:${var.stack_name_prefix}-*",
      aws_secretsmanager_secret.db_credentials.arn,
    ]
  }

  statement {
    sid       = "Search"
    actions   = ["es:ESHttp*"]
    resources = ["${local.arn_start}:es:${local.scope}:domain/${var.stack_name_prefix}-*"]
  }

  statement {
    sid = "Events"
    actions = [
      "kafka:DescribeCluster",
      "kafka:GetBootstrapBrokers",
      "kafka-cluster:Connect",
      "kafka-cluster:ReadData",
      "kafka-cluster:WriteData",
    ]
    resources = [
      for kind in ["cluster", "topic", "group"] :
      "${local.arn_start}:kafka:${local.scope}:${kind}/${var.stack_name_prefix}-*"
    ]
  }

  statement {
    sid       = "Logs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.arn_start}:logs:${local.scope}:log-group:/ecs/${var.stack_name_prefix}-*:*"]
  }
}

resource "aws_iam_policy" "ecs_application_task_policy" {
  name        = "${var.stack_name_prefix}-ecs-application-task-policy"
  description = "What the containers of the platform may do"
  policy      = data.aws_iam_policy_document.application.json
  tags        = local.tags
}

resource "aws_iam_role_policy_attachment" "ecs_application_task_role_custom_policy" {
  role       = aws_iam_role.ecs_application_task_role.name
  policy_arn = aws_iam_policy.ecs_application_task_policy.arn
}
