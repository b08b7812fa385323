"""CloudFormation on the embedded AWS: stacks whose rows are the emulator's own objects."""
