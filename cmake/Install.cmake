# The binary, its man pages, and the default agents and skills it finds relative to itself.
