variable "create" {
  default = "1"
}

variable "any" {
  type    = map(any)
  default = { a = 1, b = "x" }
}

locals {
  tag    = "team"
  policy = "$${aws:PrincipalTag/${local.tag}}"
}

locals {
  opening = "$${"
  lost    = "a}"
}

resource "terraform_data" "values" {
  input = {
    made    = var.create ? "yes" : "no"
    ports   = [for p in toset([443, 80]) : p]
    mixed   = distinct(["1", 1])
    whole   = 1 / 3 * 3
    small   = "x${0.000001}"
    same    = ["a"] == tolist(["a"])
    shorter = length("👨‍👩‍👧")
    upper   = upper("straße")
    named   = replace("ab12", "/(?P<l>[a-z]+)/", "<$l>")
    any     = var.any
    policy  = local.policy
    opening = local.opening
    lost    = local.lost
    given   = local.given
    open    = local.open
    port    = local.port
    motd    = local.motd
  }
}

resource /* between type and label */ "terraform_data" "größe" {
  count = var.create ? 2 : 0
}
