"""`images mirror`: copy third parties' images into the stage's own registry, by digest."""

from common.errors import UserError
from common.screen import AsJson, Stage, print_json, print_table, progress_on_screen, say
from modules.settings.mirrored import third_party_images
from ops.deployed import open_stage
from ops.images.image_builds import log_in, repository_uri
from ops.images.mirror import TOOL, check_tool, copy_image


def mirror(stage: Stage, as_json: AsJson = False) -> None:
    """Copy the images of third parties into the stage's own registry, for all processors.

    Both have the same digest afterwards, or it ends with an error. What is there already is not copied again.
    It needs skopeo, and `mirror` in [images] of the stage file, deployed.

    Example: `python -m ops images mirror --stage prod`
    """
    deployed = open_stage(stage)
    settings = deployed.settings
    if settings.images.mirror == "none":
        raise UserError(
            f'stage {stage} keeps no copies of images: add mirror = "fill" to [images] of the stage file, '
            f"then `cdktf deploy {settings.stack_name}`"
        )
    check_tool()
    copies = third_party_images(settings)
    registries = [
        repository_uri(deployed, copy.repository_name(settings.prefix)) for copy in copies
    ]
    with progress_on_screen(as_json) as progress:
        progress(f"logging {TOOL} in")
        log_in(deployed, TOOL, registries[0])
        done = []
        for copy, registry in zip(copies, registries, strict=True):
            progress(f"copying {copy.image}")
            done.append(
                copy_image(
                    copy.image,
                    f"{copy.repository}{copy.version}",
                    f"{registry}{copy.version}",
                )
            )
    if as_json:
        print_json({"mirrored": done})
        return
    print_table(
        ("image", "copied to", "digest", ""),
        [
            (each.image, each.mirrored_as, each.digest, "was there" if each.was_there else "new")
            for each in done
        ],
    )
    if settings.images.mirror == "fill":
        say(
            f'\nnext: mirror = "use" in [images] of the stage file, then `cdktf deploy {settings.stack_name}`'
        )
