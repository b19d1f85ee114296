// What is pasted from a word processor, before the schema takes of it what it knows.

const LIST = /mso-list:\s*l\d+\s+level(\d+)/i;

export function cleanPasted(html) {
  const page = new window.DOMParser().parseFromString(html, "text/html");
  for (const each of page.querySelectorAll("style, script, meta, link, title, xml")) each.remove();
  makeLists(page);
  for (const each of page.querySelectorAll("td, th")) each.append(" ");
  return page.body.innerHTML;
}

// Word writes a list's items as paragraphs that begin with their sign.
function makeLists(page) {
  let lists = [];
  for (const paragraph of [...page.querySelectorAll("p")]) {
    const level = Number((paragraph.getAttribute("style") || "").match(LIST)?.[1] || 0);
    if (!level) {
      lists = [];
      continue;
    }
    const sign = takeSign(paragraph);
    lists.length = Math.min(lists.length, level);
    while (lists.length < level) {
      const list = page.createElement(/^\(?[\da-z]{1,3}[.)]/i.test(sign) ? "ol" : "ul");
      if (lists.length) (lists[lists.length - 1].lastElementChild || lists[lists.length - 1]).append(list);
      else paragraph.before(list);
      lists.push(list);
    }
    const item = page.createElement("li");
    item.append(...paragraph.childNodes);
    lists[lists.length - 1].append(item);
    paragraph.remove();
  }
}

function takeSign(paragraph) {
  const ignored = [...paragraph.querySelectorAll("span")].find((each) =>
    /mso-list:\s*ignore/i.test(each.getAttribute("style") || ""),
  );
  const sign = (ignored?.textContent || "").trim();
  ignored?.remove();
  return sign;
}
