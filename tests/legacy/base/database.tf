resource "random_password" "db_master_password" {
  length           = 20
  special          = true
  override_special = "_%+-"
}

resource "aws_db_subnet_group" "default" {
  name       = "${var.stack_name_prefix}-db-subnet-group"
  subnet_ids = aws_subnet.private[*].id
  tags       = merge(local.tags, { Name = "${var.stack_name_prefix}-db-subnet-group" })
}

resource "aws_db_instance" "main" {
  identifier              = "${var.stack_name_prefix}-rds-postgres"
  engine                  = var.db_engine
  engine_version          = var.db_engine == "postgres" ? var.db_engine_version_postgres : null
  instance_class          = var.db_instance_class
  allocated_storage       = var.db_allocated_storage
  db_name                 = var.db_name
  username                = var.db_master_username
  password                = random_password.db_master_password.result
  db_subnet_group_name    = aws_db_subnet_group.default.name
  vpc_security_group_ids  = [aws_security_group.rds.id]
  multi_az                = var.db_multi_az
  backup_retention_period = var.db_backup_retention_period
  publicly_accessible     = false
  skip_final_snapshot     = true

  tags = merge(local.tags, { Name = "${var.stack_name_prefix}-rds-postgres" })
}
