"""Word files, written by hand: a package of XML with the little that a test needs."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

NAMES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"'
)
TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
    'content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-'
    'package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
    '<Default Extension="jpeg" ContentType="image/jpeg"/></Types>'
)
KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
ROOT = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
    f'relationships"><Relationship Id="rId1" Type="{KIND}/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)
STYLES = (
    f'<?xml version="1.0"?><w:styles {NAMES}>'
    + "".join(
        f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/></w:style>'
        for key, name in (
            ("Title", "Title"),
            ("Heading1", "heading 1"),
            ("Heading2", "heading 2"),
            ("Heading3", "heading 3"),
            ("Quote", "Quote"),
        )
    )
    + "</w:styles>"
)


def run(text: str, mark: str = "") -> str:
    """Return words, with ``b`` or ``i`` as their mark."""
    look = f"<w:rPr><w:{mark}/></w:rPr>" if mark else ""
    return f'<w:r>{look}<w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(*runs: str, style: str = "") -> str:
    look = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{look}{''.join(each if '<' in each else run(each) for each in runs)}</w:p>"


def link(text: str, target: str) -> str:
    return f'<w:hyperlink r:id="{target}">{run(text)}</w:hyperlink>'


def table(*rows: list[str]) -> str:
    cells = ("".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows)
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def drawing(target: str, alt: str = "", how: str = "embed") -> str:
    """Return a picture that stands in a run; ``how`` is ``link`` for one outside of the file."""
    return (
        f'<w:r><w:drawing><wp:inline><wp:docPr id="1" name="Picture 1" descr="{alt}"/>'
        f'<a:graphic><a:graphicData><pic:pic><pic:blipFill><a:blip r:{how}="{target}"/>'
        "</pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )


def make_word(
    *body: str, pictures: Mapping[str, bytes] | None = None, links: Mapping[str, str] | None = None
) -> bytes:
    """Make a Word file; pictures and links by the names that the body uses."""
    related = [f'<Relationship Id="styles" Type="{KIND}/styles" Target="styles.xml"/>']
    related += [
        f'<Relationship Id="{name}" Type="{KIND}/image" Target="media/{name}.jpeg"/>'
        for name in pictures or {}
    ]
    related += [
        f'<Relationship Id="{name}" Type="{KIND}/{"image" if "file:" in url else "hyperlink"}" '
        f'Target="{url}" TargetMode="External"/>'
        for name, url in (links or {}).items()
    ]
    members = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": ROOT,
        "word/document.xml": f'<?xml version="1.0"?><w:document {NAMES}><w:body>{"".join(body)}'
        "</w:body></w:document>",
        "word/styles.xml": STYLES,
        "word/_rels/document.xml.rels": '<?xml version="1.0"?><Relationships xmlns="http://schemas'
        f'.openxmlformats.org/package/2006/relationships">{"".join(related)}</Relationships>',
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
        for name, data in (pictures or {}).items():
            archive.writestr(f"word/media/{name}.jpeg", data)
    return file.getvalue()
