"""The lesson pipeline: Markdown in, notebooks out, and the checks that keep them in step."""
