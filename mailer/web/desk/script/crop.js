// Choosing what part of a photo is shown, by dragging over it; the numbers beside it say the same.

const SIDES = ["left", "top", "width", "height"];

export function measureCrop(form) {
  const stage = form.querySelector("[data-crop]");
  if (!stage) return;
  const fields = Object.fromEntries(SIDES.map((side) => [side, form.elements[`crop_${side}`]]));
  const box = document.createElement("div");
  box.className = "crop-box";
  stage.append(box);

  function draw() {
    for (const side of SIDES) box.style[side] = `${fields[side].value || (side === "width" || side === "height" ? 100 : 0)}%`;
  }

  let from = null;
  const place = (event) => {
    const { left, top, width, height } = stage.getBoundingClientRect();
    const share = (value, size) => Math.min(Math.max((100 * value) / size, 0), 100);
    return { x: share(event.clientX - left, width), y: share(event.clientY - top, height) };
  };
  stage.addEventListener("pointerdown", (event) => {
    from = place(event);
    stage.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  stage.addEventListener("pointermove", (event) => {
    if (!from) return;
    const to = place(event);
    fields.left.value = Math.round(Math.min(from.x, to.x));
    fields.top.value = Math.round(Math.min(from.y, to.y));
    fields.width.value = Math.max(Math.round(Math.abs(from.x - to.x)), 1);
    fields.height.value = Math.max(Math.round(Math.abs(from.y - to.y)), 1);
    draw();
  });
  stage.addEventListener("pointerup", () => {
    if (from) form.dispatchEvent(new Event("input", { bubbles: true }));
    from = null;
  });
  for (const side of SIDES) fields[side].addEventListener("input", draw);
  draw();
}
