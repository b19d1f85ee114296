// Draw a figure's table as a chart above it. The table has the numbers, and is there without script.

import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
} from "chart.js";

Chart.register(
  BarController,
  BarElement,
  CategoryScale,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
);

const dark = matchMedia("(prefers-color-scheme: dark)");
const ROW_HEIGHT = 40;
const AXIS_HEIGHT = 80;
// A name may take so much of the plot, and a letter is about so wide.
const NAMES_SHARE = 0.42;
const LETTER_WIDTH = 7.5;

/** Return what a table says: a label a row, and a series for each column that is to be drawn. */
function readTable(table) {
  const heads = [...table.tHead.rows[0].cells];
  const rows = [...table.tBodies[0].rows];
  const columns = heads.map((_, index) => index).filter((index) => "series" in heads[index].dataset);
  return {
    labels: rows.map((row) => row.cells[0].textContent.trim()),
    series: columns.map((index) => ({
      label: heads[index].textContent.trim(),
      data: rows.map((row) => readNumber(row.cells[index])),
    })),
  };
}

/** Return a cell's number; none where there is none, which is drawn as a gap. */
function readNumber(cell) {
  const { value } = cell.dataset;
  return value === undefined || value === "" ? null : Number(value);
}

function shorten(label, width) {
  const most = Math.floor((width * NAMES_SHARE) / LETTER_WIDTH);
  return label.length > most ? `${label.slice(0, most - 1).trimEnd()}…` : label;
}

/** Return the page's own colours and letters, as they are in this light. */
function readLook(figure) {
  const style = getComputedStyle(figure);
  const read = (name) => style.getPropertyValue(name).trim();
  return {
    series: ["--series-1", "--series-2", "--series-3"].map(read),
    ink: read("--ink"),
    quiet: read("--quiet"),
    rule: read("--rule"),
    paper: read("--paper"),
    font: { family: style.fontFamily, size: 14 },
  };
}

function buildConfig(figure) {
  const kind = figure.dataset.chart;
  const unit = figure.dataset.unit ?? "";
  const look = readLook(figure);
  const { labels, series } = readTable(figure.querySelector("table"));
  const lying = kind === "rows";
  const values = {
    beginAtZero: true,
    grid: { color: look.rule },
    border: { display: false },
    ticks: {
      color: look.quiet,
      font: look.font,
      precision: unit ? undefined : 0,
      maxTicksLimit: 6,
      callback: (value) => `${value.toLocaleString("en")}${unit}`,
    },
  };
  const names = {
    grid: { display: false },
    border: { color: look.rule },
    ticks: {
      color: look.ink,
      font: look.font,
      autoSkip: !lying,
      maxRotation: 0,
      callback(index) {
        return lying ? shorten(labels[index], this.chart.width) : labels[index];
      },
    },
  };
  return {
    type: kind === "lines" ? "line" : "bar",
    data: {
      labels,
      datasets: series.map((each, index) => ({
        ...each,
        backgroundColor: look.series[index],
        borderColor: look.series[index],
        borderWidth: kind === "lines" ? 2 : 0,
        borderRadius: 2,
        pointRadius: 3,
        maxBarThickness: 24,
        pointStyle: kind === "lines" ? ["circle", "rect", "triangle"][index] : "rect",
        borderDash: kind === "lines" ? [[], [6, 4], [2, 3]][index] : [],
      })),
    },
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      indexAxis: lying ? "y" : "x",
      interaction: { mode: "index", axis: lying ? "y" : "x", intersect: false },
      scales: lying ? { x: values, y: names } : { x: names, y: values },
      plugins: {
        legend: {
          display: series.length > 1,
          position: "bottom",
          align: "start",
          labels: { color: look.ink, font: look.font, usePointStyle: true, boxWidth: 9, boxHeight: 9, padding: 18 },
        },
        tooltip: {
          backgroundColor: look.ink,
          titleColor: look.paper,
          bodyColor: look.paper,
          titleFont: look.font,
          bodyFont: look.font,
          callbacks: {
            title: ([item]) => labels[item.dataIndex],
            label: (item) => ` ${item.dataset.label}: ${item.raw.toLocaleString("en")}${unit}`,
          },
        },
      },
    },
  };
}

/** Draw one figure, and again when the light changes. */
function draw(figure) {
  const plot = document.createElement("div");
  plot.className = "plot";
  const canvas = document.createElement("canvas");
  canvas.setAttribute("aria-hidden", "true"); // the table says the same in words
  plot.append(canvas);
  figure.prepend(plot);
  const rows = figure.querySelector("table").tBodies[0].rows.length;
  if (figure.dataset.chart === "rows") plot.style.height = `${rows * ROW_HEIGHT + AXIS_HEIGHT}px`;
  let chart = new Chart(canvas, buildConfig(figure));
  dark.addEventListener("change", () => {
    chart.destroy();
    chart = new Chart(canvas, buildConfig(figure));
  });
}

document.querySelectorAll("figure[data-chart]").forEach(draw);
