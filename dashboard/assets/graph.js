// Draws the last values of a figure as a line.

import { make, say } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT] = [240, 60];

function shape(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) {
    element.setAttribute(attribute, value);
  }
  return element;
}

export class Graph {
  // `lines` are the classes of its lines, `points` the number of values that it has room for.
  constructor(figure, { name, lines = [""], points, format }) {
    Object.assign(this, { name, points, format });
    this.svg = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" });
    for (const height of [0.5, HEIGHT / 2, HEIGHT - 0.5]) {
      this.svg.append(shape("line", { class: "grid", x1: 0, x2: WIDTH, y1: height, y2: height }));
    }
    this.lines = lines.map((line) => {
      const parts = { area: shape("polygon", { class: `area ${line}` }), line: shape("polyline", { class: `line ${line}` }) };
      this.svg.append(parts.area, parts.line);
      return parts;
    });
    this.now = make("b");
    this.most = make("span");
    const scale = make("div", { className: "scale" }, this.now, this.most);
    figure.append(this.svg, scale);
  }

  // Draws the values of each line; the last stands at the right edge.
  draw(series) {
    const most = Math.max(0, ...series.flat());
    const top = most > 0 ? most : 1;
    const place = (value, index, values) => {
      const x = WIDTH - ((values.length - 1 - index) * WIDTH) / (this.points - 1);
      return [x, HEIGHT - 1 - (value / top) * (HEIGHT - 4)];
    };
    series.forEach((values, number) => {
      const points = values.map(place).map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`);
      const { area, line } = this.lines[number];
      line.setAttribute("points", points.join(" "));
      const [first, last] = [points[0]?.split(",")[0], points.at(-1)?.split(",")[0]];
      area.setAttribute("points", points.length ? `${first},${HEIGHT} ${points.join(" ")} ${last},${HEIGHT}` : "");
    });
    const now = series.map((values) => this.format(values.at(-1) ?? 0)).join(" · ");
    say(this.now, now);
    say(this.most, `most ${this.format(most)}`);
    this.svg.setAttribute("aria-label", `${this.name}: now ${now}, most ${this.format(most)}`);
  }
}

// A bar for a share from 0 to 1.
export function share() {
  const svg = shape("svg", { viewBox: "0 0 100 6", preserveAspectRatio: "none", "aria-hidden": "true" });
  const part = shape("rect", { class: "bar-part", height: 6, width: 0 });
  svg.append(shape("rect", { class: "bar-ground", height: 6, width: 100 }), part);
  return { svg, set: (value) => part.setAttribute("width", String(100 * value)) };
}
