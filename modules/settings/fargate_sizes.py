"""The sizes of a task that Fargate has."""

# CPU units -> memory in MiB (least, most, step).
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
FARGATE_MEMORY_MIB: dict[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4096 + 1, 1024)),
    1024: tuple(range(2048, 8192 + 1, 1024)),
    2048: tuple(range(4096, 16384 + 1, 1024)),
    4096: tuple(range(8192, 30720 + 1, 1024)),
    8192: tuple(range(16 * 1024, 60 * 1024 + 1, 4 * 1024)),
    16384: tuple(range(32 * 1024, 120 * 1024 + 1, 8 * 1024)),
}
