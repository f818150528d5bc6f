"""The domains, and the calls allowed between them.

A domain may call those listed on its line, nobody else; `tests/architecture` holds it. A new edge is one line here and
a decision record. The arrow points to whoever continues the work (see decisions/0001-slices.md).
"""

GROUND = ("audit", "accounts", "standards", "files", "notices", "enterprises", "staff")

MAY_CALL: dict[str, tuple[str, ...]] = {
    "audit": (),
    "accounts": ("audit",),
    "standards": ("audit", "accounts"),
    "files": ("audit", "accounts"),
    "notices": ("audit", "accounts", "standards"),
    "enterprises": ("audit", "accounts", "standards", "files", "notices"),
    "staff": ("audit", "accounts", "standards", "files", "notices"),
    "guidance": GROUND,
    "ratings": (*GROUND, "guidance"),
    "loop": (*GROUND, "guidance", "ratings"),
    "public": (*GROUND, "guidance", "ratings"),
}

VIEWS = ("loop", "public")  # they read everybody, write nothing but the audit log, and nobody calls them
