resource "random_password" "hasura_admin_password" {
  length  = 32
  special = false
}

resource "random_password" "api_token" {
  length  = 40
  special = false
}

locals {
  # What a person was asked to type over by hand.
  placeholder_uri  = "postgresql://DB_USER:DB_PASS@DB_HOST:5432/${var.db_name}"
  placeholder_jdbc = "jdbc:postgresql://DB_HOST:DB_PORT/${var.db_name}"
}

resource "aws_secretsmanager_secret" "db_credentials" {
  name        = "${var.stack_name_prefix}-rds-master-credentials"
  description = "Owner login of the database"
  tags        = local.tags
}

resource "aws_secretsmanager_secret_version" "db_credentials_version" {
  secret_id = aws_secretsmanager_secret.db_credentials.id
  secret_string = jsonencode({
    username = var.db_master_username
    password = random_password.db_master_password.result
  })
}

resource "aws_secretsmanager_secret" "hasura_admin_secret" {
  name        = "${var.stack_name_prefix}-hasura-admin-secret"
  description = "Opens the GraphQL console"
  tags        = local.tags
}

resource "aws_secretsmanager_secret_version" "hasura_admin_secret_version" {
  secret_id     = aws_secretsmanager_secret.hasura_admin_secret.id
  secret_string = random_password.hasura_admin_password.result
}

resource "aws_secretsmanager_secret" "api_token_secret" {
  name        = "${var.stack_name_prefix}-api-token-secret"
  description = "Shared by the functions that call each other"
  tags        = local.tags
}

resource "aws_secretsmanager_secret_version" "api_token_secret_version" {
  secret_id     = aws_secretsmanager_secret.api_token_secret.id
  secret_string = random_password.api_token.result
}

resource "aws_secretsmanager_secret" "openai_api_key_secret" {
  name        = "${var.stack_name_prefix}-openai-api-key"
  description = "Key of the language model account"
  tags        = local.tags
}

resource "aws_secretsmanager_secret_version" "openai_api_key_secret_version" {
  secret_id     = aws_secretsmanager_secret.openai_api_key_secret.id
  secret_string = "ENTER_OPENAI_KEY_BY_HAND"
}

resource "aws_secretsmanager_secret" "supertokens_db_conn_string_secret" {
  name        = "${var.stack_name_prefix}-supertokens-db-conn-string"
  description = "Where the login service keeps its tables"
  tags        = local.tags
}

resource "aws_secretsmanager_secret_version" "supertokens_db_conn_string_secret_version" {
  secret_id     = aws_secretsmanager_secret.supertokens_db_conn_string_secret.id
  secret_string = local.placeholder_uri
}

resource "aws_secretsmanager_secret" "hasura_db_conn_string_secret" {
  name        = "${var.stack_name_prefix}-hasura-db-conn-string"
  description = "Where the GraphQL engine finds its tables"
  tags        = local.tags
}

resource "aws_secretsmanager_secret_version" "hasura_db_conn_string_secret_version" {
  secret_id     = aws_secretsmanager_secret.hasura_db_conn_string_secret.id
  secret_string = local.placeholder_uri
}

resource "aws_secretsmanager_secret" "optaplanner_db_conn_string_secret" {
  name        = "${var.stack_name_prefix}-optaplanner-db-conn-string"
  description = "Where the scheduler finds its tables"
  tags        = local.tags
}

resource "aws_secretsmanager_secret_version" "optaplanner_db_conn_string_secret_version" {
  secret_id     = aws_secretsmanager_secret.optaplanner_db_conn_string_secret.id
  secret_string = local.placeholder_jdbc
}

resource "aws_secretsmanager_secret" "hasura_jwt_secret" {
  name        = "${var.stack_name_prefix}-hasura-jwt-secret"
  description = "How the GraphQL engine checks tokens"
  tags        = local.tags
}

resource "aws_secretsmanager_secret_version" "hasura_jwt_secret_version" {
  secret_id = aws_secretsmanager_secret.hasura_jwt_secret.id
  secret_string = jsonencode({
    type   = "HS256"
    key    = "REPLACE_WITH_A_LONG_KEY"
    issuer = "supertokens"
  })
}
