// Stands where a library would load a reader of Markdown that nobody asks.

export default function NoParser() {
  return { enable: () => NoParser(), disable: () => NoParser() };
}
