"""A CloudFormation stack of the CDK application as the old owner of what a stage adopts."""
