output "vpc_id" {
  value = aws_vpc.main.id
}

output "vpc_cidr_block" {
  value = aws_vpc.main.cidr_block
}

output "public_subnet_ids" {
  value = aws_subnet.public[*].id
}

output "private_subnet_ids" {
  value = aws_subnet.private[*].id
}

output "availability_zones" {
  value = local.zones
}

output "internet_gateway_id" {
  value = aws_internet_gateway.gw.id
}

output "nat_gateway_ids" {
  value = aws_nat_gateway.nat[*].id
}

output "alb_security_group_id" {
  value = aws_security_group.alb.id
}

output "ecs_tasks_security_group_id" {
  value = aws_security_group.ecs_tasks.id
}

output "rds_security_group_id" {
  value = aws_security_group.rds.id
}

output "msk_client_security_group_id" {
  value = aws_security_group.msk_client.id
}

output "ecr_app_repository_url" {
  value = aws_ecr_repository.app.repository_url
}

output "ecr_functions_repository_url" {
  value = aws_ecr_repository.functions.repository_url
}

output "ecr_handshake_repository_url" {
  value = aws_ecr_repository.handshake.repository_url
}

output "ecr_oauth_repository_url" {
  value = aws_ecr_repository.oauth.repository_url
}

output "ecr_optaplanner_repository_url" {
  value = aws_ecr_repository.optaplanner.repository_url
}

output "data_bucket_id" {
  value = aws_s3_bucket.data_bucket.id
}

output "data_bucket_arn" {
  value = aws_s3_bucket.data_bucket.arn
}

output "ecs_cluster_name" {
  value = aws_ecs_cluster.main.name
}

output "ecs_cluster_arn" {
  value = aws_ecs_cluster.main.arn
}

output "ecs_task_execution_role_arn" {
  value = aws_iam_role.ecs_task_execution_role.arn
}

output "ecs_application_task_role_arn" {
  value = aws_iam_role.ecs_application_task_role.arn
}

output "db_instance_endpoint" {
  value = aws_db_instance.main.endpoint
}

output "db_instance_port" {
  value = aws_db_instance.main.port
}

output "db_subnet_group_name" {
  value = aws_db_subnet_group.default.name
}

output "db_credentials_arn" {
  value = aws_secretsmanager_secret.db_credentials.arn
}

output "hasura_admin_secret_arn" {
  value = aws_secretsmanager_secret.hasura_admin_secret.arn
}

output "api_token_secret_arn" {
  value = aws_secretsmanager_secret.api_token_secret.arn
}

output "openai_api_key_secret_arn" {
  value = aws_secretsmanager_secret.openai_api_key_secret.arn
}

output "supertokens_db_conn_string_secret_arn" {
  value = aws_secretsmanager_secret.supertokens_db_conn_string_secret.arn
}

output "hasura_db_conn_string_secret_arn" {
  value = aws_secretsmanager_secret.hasura_db_conn_string_secret.arn
}

output "optaplanner_db_conn_string_secret_arn" {
  value = aws_secretsmanager_secret.optaplanner_db_conn_string_secret.arn
}

output "hasura_jwt_secret_arn" {
  value = aws_secretsmanager_secret.hasura_jwt_secret.arn
}
