"""What moto 5.2 leaves out and this platform meets. Each patch says how the gap shows."""

from importlib import import_module

# In this order: of two patches of one method the later one is called first.
_MODULES = (
    "local.moto_patches.gaps",
    "local.moto_patches.rds_insights",
    "local.moto_patches.rds_parameters",
    "local.moto_patches.audits",
    "local.moto_patches.names",
    "local.moto_patches.cdn",
    "local.moto_patches.certificates",
    "local.moto_patches.costs",
    "local.moto_patches.ecs",
    "local.moto_patches.ecs_history",
    "local.moto_patches.security",
    "local.moto_patches.taken",
    "local.cloudformation.change_sets",
    "local.cloudformation.reads",
    "local.cloudformation.writes",
)


def patch_moto() -> None:
    """Import all patches, once per process: moto reads its environment when it is imported."""
    for module in _MODULES:
        import_module(module)
