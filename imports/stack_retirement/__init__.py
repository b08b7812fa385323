"""Lets a CloudFormation stack go without what it made, once this state holds that; and the way back."""
