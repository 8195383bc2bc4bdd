"""A lesson as one HTML file: its style and its pictures are inside, and it needs no script."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from gdsim.ui.teaching.content import Code, Content, Heading, Node, Picture, Prose
from gdsim.ui.teaching.markup import letters, plain_text

STYLE = """
:root { color-scheme: light dark; --page: #fff; --text: #141a22; --quiet: #434e5c; --line: #d0d6de;
  --field: #f5f6f8; --accent: #3a50c8; }
@media (prefers-color-scheme: dark) { :root { --page: #0e1217; --text: #e9eef4; --quiet: #aeb8c5; --line: #2a323d;
  --field: #161b22; --accent: #8aa4ff; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 43rem; background: var(--page); color: var(--text);
  font: 1.0625rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, Inter, "Noto Sans", sans-serif;
  overflow-wrap: break-word; }
h1, h2, h3, h4 { line-height: 1.25; text-wrap: balance; break-after: avoid; }
h1 { font-size: 2.1rem; margin: 0 0 .6rem; letter-spacing: -.015em; }
h2 { font-size: 1.5rem; margin: 0 0 1rem; }
h3 { font-size: 1.15rem; margin: 0 0 .6rem; }
h4 { font-size: .9rem; margin: 0 0 .3rem; color: var(--quiet); }
p, ul, ol, pre, table, blockquote { margin: 0 0 1rem; }
p, li { orphans: 3; widows: 3; text-wrap: pretty; }
ul, ol { padding-left: 1.6rem; }
li { margin-bottom: .25rem; }
a { color: var(--accent); }
.summary { font-size: 1.15rem; color: var(--quiet); }
.scene { margin-top: 3.5rem; }
figure { margin: 0 0 1.25rem; break-inside: avoid; }
figure img { display: block; width: 100%; height: auto; border: 1px solid var(--line);
  border-radius: 6px; background: #fff; }
figcaption { margin-top: .4rem; font-size: .875rem; color: var(--quiet); }
p img { max-width: 100%; height: auto; }
.question { margin: 1.75rem 0 1rem; padding: 1rem 1.25rem .1rem; background: var(--field);
  border-left: 4px solid var(--accent); border-radius: 4px; break-inside: avoid; }
.checked { font-size: .925rem; color: var(--quiet); break-inside: avoid; }
.checked ul { list-style: none; padding: 0; }
.checked li { padding-left: 1.4rem; text-indent: -1.4rem; }
.checked li::before { content: "✓"; display: inline-block; width: 1.4rem; text-indent: 0; color: var(--accent); }
details { margin: 0 0 1rem; }
summary { cursor: pointer; padding: .35rem 0; font-weight: 600; color: var(--accent); }
summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
code, pre { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .875em; }
code { padding: .1em .3em; background: var(--field); border-radius: 3px; }
pre { padding: .8rem 1rem; background: var(--field); border: 1px solid var(--line); border-radius: 6px;
  overflow-x: auto; line-height: 1.45; tab-size: 4; }
pre code { padding: 0; background: none; }
blockquote { padding-left: 1rem; border-left: 3px solid var(--line); color: var(--quiet); }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { padding: .35rem .8rem; border-bottom: 1px solid var(--line); text-align: left; }
hr { border: 0; border-top: 1px solid var(--line); margin: 2rem 0; }
footer { margin-top: 4rem; font-size: .85rem; color: var(--quiet); }
@page { margin: 18mm 20mm; }
@media print {
  :root { --page: #fff; --text: #000; --quiet: #434e5c; --line: #c4cad3; --field: #f5f6f8; --accent: #3a50c8; }
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  .scene { margin-top: 2.2rem; }
  pre { white-space: pre-wrap; }
}
"""


def as_html(content: Content) -> str:
    """The whole file."""
    summary = f'<div class="summary">{content.summary}</div>' if content.summary else ""
    about = plain_text(content.summary) if content.summary else content.title
    scenes = "\n".join(_node(scene, number) for number, scene in enumerate(content.scenes, 1))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="gdsim">
<meta name="description" content="{letters(about)}">
<title>{letters(content.title)}</title>
<style>{STYLE}</style>
</head>
<body>
<header>
<h1>{letters(content.title)}</h1>
{summary}
</header>
<main>
{scenes}
</main>
<footer>Written by gdsim, which computed every picture.</footer>
</body>
</html>
"""


def _nodes(nodes: Iterable[Node]) -> str:
    return "\n".join(_node(node) for node in nodes)


def _node(node: Node, number: int = 0) -> str:
    if isinstance(node, Heading):
        return f"<h{node.level}>{node.text}</h{node.level}>"
    if isinstance(node, Prose):
        return node.html.replace("<pre>", '<pre tabindex="0">')
    if isinstance(node, Picture):
        return _picture(node)
    if isinstance(node, Code):
        script = f'<pre tabindex="0"><code>{letters(node.text)}</code></pre>'
        return f"<details><summary>{letters(node.title)}</summary>\n{script}\n</details>"
    inner = _nodes(node.nodes)
    if node.kind == "answer":
        return f'<details class="answer"><summary>Show the answer</summary>\n{inner}\n</details>'
    if node.kind == "scene":
        return f'<section class="scene" id="scene-{number}">\n{inner}\n</section>'
    return f'<div class="{node.kind}">\n{inner}\n</div>'


def _picture(node: Picture) -> str:
    size = f'width="{node.image.width()}" height="{node.image.height()}"'
    shown = f'<img src="{node.uri}" {size} alt="{letters(node.alt)}">'
    caption = f"{letters(node.caption)}."
    if node.film:
        file = letters(quote(node.film))
        shown = f'<a href="{file}">{shown}</a>'
        caption += f' <a href="{file}">Watch it move</a>'
    return f"<figure>\n{shown}\n<figcaption>{caption}</figcaption>\n</figure>"
