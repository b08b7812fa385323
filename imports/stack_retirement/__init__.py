"""Lets a CloudFormation stack go without what it made, once this project's state holds that; and the way back."""
