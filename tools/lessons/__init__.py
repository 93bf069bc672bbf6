"""The lesson pipeline: Markdown in, notebooks out, and the checks that keep them in step."""

import sys

# nbformat's checker of schemas would compile 38 grammars of addresses that no notebook holds: a
# second of every command.
sys.modules.setdefault("rfc3987_syntax", None)
