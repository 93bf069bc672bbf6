"""The lesson on turning records into text: its reports, its tokens, how they are drawn, exercises."""
