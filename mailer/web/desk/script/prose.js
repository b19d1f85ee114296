// Rich text in the place of a field of Markdown: the field stays, and is what is saved.

import { baseKeymap, setBlockType, toggleMark, chainCommands, exitCode } from "prosemirror-commands";
import { history, redo, undo } from "prosemirror-history";
import { inputRules, textblockTypeInputRule, wrappingInputRule } from "prosemirror-inputrules";
import { keymap } from "prosemirror-keymap";
import { DOMParser } from "prosemirror-model";
import { liftListItem, sinkListItem, splitListItem, wrapInList } from "prosemirror-schema-list";
import { EditorState } from "prosemirror-state";
import { EditorView } from "prosemirror-view";

import { writeMarkdown } from "./markdown.js";
import { schema } from "./schema.js";
import { cleanPasted } from "./paste.js";

const { nodes, marks } = schema;

export function parseHtml(html) {
  const page = new window.DOMParser().parseFromString(html, "text/html");
  // The last line's end is no line of its own.
  for (const code of page.querySelectorAll("pre")) code.textContent = code.textContent.replace(/\n$/, "");
  return DOMParser.fromSchema(schema).parse(page.body);
}

export { writeMarkdown };

const hardBreak = chainCommands(exitCode, (state, dispatch) => {
  if (state.selection.$head.parent.type === nodes.heading) return false;
  dispatch?.(state.tr.replaceSelectionWith(nodes.hard_break.create()).scrollIntoView());
  return true;
});

const keys = {
  "Mod-b": toggleMark(marks.strong),
  "Mod-i": toggleMark(marks.em),
  "Mod-z": undo,
  "Mod-y": redo,
  "Shift-Mod-z": redo,
  // Tab leaves the field, as everywhere.
  "Mod-]": sinkListItem(nodes.list_item),
  "Mod-[": liftListItem(nodes.list_item),
  "Shift-Enter": hardBreak,
  Enter: splitListItem(nodes.list_item),
};

const rules = inputRules({
  rules: [
    wrappingInputRule(/^\s*[-+*]\s$/, nodes.bullet_list),
    wrappingInputRule(/^(\d+)\.\s$/, nodes.ordered_list, (match) => ({ order: Number(match[1]) })),
    textblockTypeInputRule(/^(#{3,6})\s$/, nodes.heading, (match) => ({ level: match[1].length })),
  ],
});

const isIn = (state, type) => {
  const { $from } = state.selection;
  for (let depth = $from.depth; depth > 0; depth -= 1) if ($from.node(depth).type === type) return true;
  return false;
};
const hasMark = (state, type) => {
  const { from, to, empty, $from } = state.selection;
  if (empty) return Boolean(type.isInSet(state.storedMarks || $from.marks()));
  return state.doc.rangeHasMark(from, to, type);
};
const toggleList = (type) => (state, dispatch) =>
  (isIn(state, type) ? liftListItem(nodes.list_item) : wrapInList(type))(state, dispatch);
const toggleHeading = (state, dispatch) =>
  (isIn(state, nodes.heading) ? setBlockType(nodes.paragraph) : setBlockType(nodes.heading, { level: 3 }))(
    state,
    dispatch,
  );

const TOOLS = [
  ["Bold", toggleMark(marks.strong), (state) => hasMark(state, marks.strong), "Control B"],
  ["Italic", toggleMark(marks.em), (state) => hasMark(state, marks.em), "Control I"],
  ["Link", "link", (state) => hasMark(state, marks.link), ""],
  ["Heading", toggleHeading, (state) => isIn(state, nodes.heading), ""],
  ["List", toggleList(nodes.bullet_list), (state) => isIn(state, nodes.bullet_list), ""],
  ["Numbers", toggleList(nodes.ordered_list), (state) => isIn(state, nodes.ordered_list), ""],
  ["Undo", undo, null, "Control Z"],
  ["Redo", redo, null, "Control Y"],
];

function make(tag, attributes = {}, text = "") {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  return element;
}

// Put rich text over a field. `html` is what the server makes of the field's Markdown.
export function writeProse(field, html) {
  const label = document.querySelector(`label[for="${field.id}"]`);
  label.id = `${field.id}_label`;
  const frame = make("div", { class: "prose" });
  const bar = make("div", { class: "tools", role: "toolbar", "aria-label": "Format" });
  const linking = make("div", { class: "linking", hidden: "" });
  frame.append(bar, linking);
  field.before(frame);
  field.hidden = true;

  const state = EditorState.create({
    doc: parseHtml(html),
    plugins: [history(), rules, keymap(keys), keymap(baseKeymap)],
  });
  const view = new EditorView(frame, {
    state,
    attributes: {
      role: "textbox",
      "aria-multiline": "true",
      "aria-labelledby": label.id,
      lang: field.lang,
      dir: field.dir,
      spellcheck: "true",
    },
    transformPastedHTML: cleanPasted,
    handleClick: (_view, _at, event) => Boolean(event.target.closest?.("a")) && event.preventDefault(),
    dispatchTransaction(transaction) {
      view.updateState(view.state.apply(transaction));
      if (transaction.docChanged) {
        field.value = writeMarkdown(view.state.doc);
        field.dispatchEvent(new Event("input", { bubbles: true }));
      }
      showTools();
    },
  });
  label.addEventListener("click", () => view.focus());

  const buttons = TOOLS.map(([name, command, isOn, key]) => {
    const button = make("button", { type: "button", class: "tool" }, name);
    if (key) button.title = key;
    button.addEventListener("mousedown", (event) => event.preventDefault());
    button.addEventListener("click", () => {
      if (command === "link") return askForLink();
      command(view.state, view.dispatch);
      return view.focus();
    });
    bar.append(button);
    return [button, isOn, command];
  });

  function showTools() {
    for (const [button, isOn, command] of buttons) {
      if (isOn) button.setAttribute("aria-pressed", String(isOn(view.state)));
      else button.disabled = !command(view.state);
    }
  }

  function askForLink() {
    const { from, to, empty, $from } = view.state.selection;
    const old = marks.link.isInSet($from.marks()) || marks.link.isInSet($from.nodeAfter?.marks || []);
    linking.replaceChildren();
    if (empty && !old) {
      linking.append(make("p", { class: "quiet", role: "status" }, "Mark the words first that are to lead there."));
      linking.hidden = false;
      return;
    }
    const address = make("input", { id: `${field.id}_link`, type: "text", inputmode: "url", autocomplete: "off" });
    address.value = old ? old.attrs.href : "https://";
    const set = make("button", { type: "button", class: "second" }, "Set");
    const drop = make("button", { type: "button", class: "plain" }, "No link");
    const close = () => {
      linking.hidden = true;
      view.focus();
    };
    const range = empty ? findLink($from, old) : { from, to };
    const apply = (href) => {
      const change = view.state.tr.removeMark(range.from, range.to, marks.link);
      if (href) change.addMark(range.from, range.to, marks.link.create({ href }));
      view.dispatch(change);
      close();
    };
    set.addEventListener("click", () => apply(address.value.trim()));
    drop.addEventListener("click", () => apply(""));
    address.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        event.preventDefault();
        apply(address.value.trim());
      } else if (event.key === "Escape") close();
    });
    // What is typed here is no text of the issue yet.
    address.addEventListener("input", (event) => event.stopPropagation());
    linking.append(make("label", { for: address.id }, "Leads to"), address, set, drop);
    linking.hidden = false;
    address.focus();
  }

  showTools();
  return view;
}

function findLink($from, mark) {
  const { parent } = $from;
  const start = $from.start();
  let [from, to] = [$from.pos, $from.pos];
  parent.forEach((node, offset) => {
    const [begin, end] = [start + offset, start + offset + node.nodeSize];
    if (mark.isInSet(node.marks) && begin <= $from.pos && $from.pos <= end) [from, to] = [begin, end];
  });
  return { from, to };
}
