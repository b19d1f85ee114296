// Writing a text as Markdown that the server's reader takes for the same text.

import { MarkdownSerializer, defaultMarkdownSerializer } from "prosemirror-markdown";
import { Fragment } from "prosemirror-model";

// Stands before a character that is written as a number, so that a mark beside it holds
// (CommonMark §6.2: what marks emphasis depends on the characters at both of its sides).
const NUMBERED = "\uE000";
const PUNCTUATION = /[\p{P}\p{S}]/u;
const SPACE = /\s/u;

// What begins a list, a heading, a rule, a quotation, code or a block of ours at a line's start.
const AT_START = [
  [/^([-+])(?=\s|$|-)/, "\\$1"],
  [/^(=+|~{3,}|#{1,6}(?=\s|$)|>|:{3,}|\|)/, "\\$1"],
  [/^(\d{1,9})([.)])(?=\s|$)/, "$1\\$2"],
];

function escapeText(text, atStart) {
  let written = text
    .replace(/[\\`*[\]]/g, "\\$&")
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, "\\_")
    .replace(/<(?=[a-z/!?])/gi, "\\<")
    .replace(/&(?=#?\w+;)/g, "\\&")
    .replace(/!(?=\\\[|$)/g, "\\!");
  if (atStart) {
    written = written.replace(/^\s+/, "");
    for (const [pattern, to] of AT_START) written = written.replace(pattern, to);
  }
  return written.replace(new RegExp(`${NUMBERED}(.)`, "gsu"), (_, each) => `&#${each.codePointAt(0)};`);
}

function writeText(state, node) {
  const atStart = state.atBlockStart || state.out.endsWith("\n");
  state.text(escapeText(node.text, atStart), false);
}

// Two lists one after the other are told apart by their marks alone.
function countBefore(parent, index) {
  let count = 0;
  while (count < index && parent.child(index - count - 1).type === parent.child(index).type) count += 1;
  return count;
}

const writers = {
  text: writeText,
  paragraph(state, node) {
    state.renderInline(node);
    state.closeBlock(node);
  },
  heading(state, node) {
    state.write(`${"#".repeat(node.attrs.level)} `);
    const start = state.out.length;
    state.renderInline(node, false);
    // Marks at the end would be taken for a heading's own.
    state.out = state.out.slice(0, start) + state.out.slice(start).replace(/(#+)(\s*)$/, "\\$1$2");
    state.closeBlock(node);
  },
  blockquote(state, node) {
    state.wrapBlock("> ", null, node, () => state.renderContent(node));
  },
  horizontal_rule(state, node) {
    state.write("___");
    state.closeBlock(node);
  },
  code_block(state, node) {
    const runs = node.textContent.match(/`{3,}/g) || [];
    const fence = "`".repeat(Math.max(2, ...runs.map((run) => run.length)) + 1);
    state.write(`${fence}\n`);
    state.text(node.textContent, false);
    state.ensureNewLine();
    state.write(fence);
    state.closeBlock(node);
  },
  bullet_list(state, node, parent, index) {
    const mark = countBefore(parent, index) % 2 ? "* " : "- ";
    state.renderList(node, "  ", () => mark);
  },
  ordered_list(state, node, parent, index) {
    const mark = countBefore(parent, index) % 2 ? ") " : ". ";
    const width = String(node.attrs.order + node.childCount - 1).length + 2;
    state.renderList(node, " ".repeat(width), (at) => {
      const number = String(node.attrs.order + at);
      return number + mark + " ".repeat(width - number.length - 2);
    });
  },
  list_item(state, node) {
    state.renderContent(node);
  },
  hard_break(state, node, parent, index) {
    for (let at = index + 1; at < parent.childCount; at += 1) {
      if (parent.child(at).type !== node.type) {
        state.write("\\\n");
        return;
      }
    }
  },
};

function writeAddress(href) {
  const plain = href.replace(/&(?=#?\w+;)/g, "&amp;");
  return /[()\s]|^$/.test(plain) ? `<${plain}>` : plain;
}

const marks = {
  em: { open: "*", close: "*", mixable: true, expelEnclosingWhitespace: true },
  strong: { open: "**", close: "**", mixable: true, expelEnclosingWhitespace: true },
  link: {
    open: () => "[",
    close(_state, mark) {
      const title = mark.attrs.title?.replace(/[\\"]/g, "\\$&").replace(/&(?=#?\w+;)/g, "&amp;");
      return `](${writeAddress(mark.attrs.href)}${title ? ` "${title}"` : ""})`;
    },
    mixable: true,
  },
  code: defaultMarkdownSerializer.marks.code,
};

const serializer = new MarkdownSerializer(writers, marks, { strict: false });

export function writeMarkdown(doc) {
  return serializer.serialize(secureMarks(doc)).trim();
}

// Number the characters outside of emphasis that would keep its marks from being marks.
function secureMarks(node) {
  if (node.isTextblock) return node.type.spec.code ? node : secureTextblock(node);
  if (node.isLeaf) return node;
  const children = [];
  node.forEach((child) => children.push(secureMarks(child)));
  return node.copy(Fragment.fromArray(children));
}

const emphasis = (node) => node.marks.filter((mark) => ["em", "strong"].includes(mark.type.name));
const differ = (a, b) => emphasis(a).some((mark) => !mark.isInSet(b.marks));

function secureTextblock(block) {
  const nodes = [];
  block.forEach((child) => nodes.push(child));
  const texts = nodes.map((node) => (node.isText ? node.text : ""));
  for (let at = 0; at + 1 < nodes.length; at += 1) {
    const [left, right] = [nodes[at], nodes[at + 1]];
    if (!left.isText || !right.isText) continue;
    const last = [...left.text].pop();
    const first = [...right.text][0];
    if (SPACE.test(last) || SPACE.test(first)) continue;
    const isCode = (node) => node.marks.some((mark) => mark.type.name === "code");
    const closes = differ(left, right);
    const opens = differ(right, left);
    const edgeOf = (node, character) => isCode(node) || PUNCTUATION.test(character);
    if (closes && (edgeOf(left, last) || opens) && !edgeOf(right, first)) {
      texts[at + 1] = NUMBERED + texts[at + 1];
    }
    if (opens && (edgeOf(right, first) || closes) && !edgeOf(left, last)) {
      const own = [...texts[at]];
      texts[at] = [...own.slice(0, -1), NUMBERED, own[own.length - 1]].join("");
    }
  }
  const secured = nodes.map((node, at) =>
    node.isText && texts[at] !== node.text && !node.marks.some((mark) => mark.type.name === "code")
      ? node.type.schema.text(texts[at], node.marks)
      : node,
  );
  return block.copy(Fragment.fromArray(secured));
}
