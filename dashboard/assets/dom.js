// Changes the page. Whatever comes from a server or a peer becomes text, never markup.

export const $ = (id) => document.getElementById(id);

export function say(element, text) {
  const wanted = String(text);
  if (element.textContent !== wanted) {
    element.textContent = wanted;
  }
}

export function make(name, { text, className, ...attributes } = {}, ...children) {
  const element = document.createElement(name);
  if (className) {
    element.className = className;
  }
  for (const [attribute, value] of Object.entries(attributes)) {
    element.setAttribute(attribute, value);
  }
  if (text !== undefined) {
    element.textContent = String(text);
  }
  element.append(...children);
  return element;
}

// Shows a figure as people read it, and keeps it as it is.
export function figure(element, value, shown = count(value)) {
  say(element, shown);
  if (element.getAttribute("value") !== String(value)) {
    element.setAttribute("value", String(value));
  }
}

// Lets a list have an element for each item, in their order. Elements stay what they are, so that
// the focus stays where it is.
export function list(parent, items, key, build, update) {
  const before = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  items.forEach((item, place) => {
    const name = String(key(item, place));
    let child = before.get(name);
    if (child) {
      before.delete(name);
    } else {
      child = build(item);
      child.dataset.key = name;
    }
    update?.(child, item);
    if (parent.children[place] !== child) {
      parent.insertBefore(child, parent.children[place] ?? null);
    }
  });
  before.forEach((child) => child.remove());
}

const COUNT = new Intl.NumberFormat("en");
const SHORT = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

export const count = (value) => COUNT.format(value);

export const rate = (value) => (value < 10 ? SHORT.format(value) : count(Math.round(value)));

export function bytes(value) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let [scaled, unit] = [value, 0];
  while (scaled >= 1024 && unit < units.length - 1) {
    scaled /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? Math.round(scaled) : scaled.toPrecision(3)} ${units[unit]}`;
}

export function age(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  if (days > 0) {
    return `${days} d ${hours} h`;
  }
  if (hours > 0) {
    return `${hours} h ${minutes} min`;
  }
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}
