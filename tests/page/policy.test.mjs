// S5, S6: the explorer can run under a strict Content-Security-Policy, and writes text only.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const WWW = new URL("../../www/", import.meta.url);
const read = (name) => readFileSync(new URL(name, WWW), "utf8");
const files = readdirSync(WWW);
const html = read("index.html");

test("S6: the page has no inline script, style or handler, and loads nothing from elsewhere", () => {
  const scripts = html.match(/<script\b[^>]*>/g);
  assert.ok(scripts.length > 0 && scripts.every((tag) => / src="[a-z./]+"/.test(tag)));
  assert.doesNotMatch(html, /<style\b|\sstyle=|\son[a-z]+=|javascript:/i);
  for (const [, address] of html.matchAll(/\s(?:src|href)="([^"]*)"/g)) assert.doesNotMatch(address, /^(?:[a-z]+:|\/\/)/i, address);
});

test("S5: no module turns text into markup or code", () => {
  const modules = files.filter((name) => name.endsWith(".js"));
  assert.ok(modules.length > 10);
  for (const name of modules) {
    assert.doesNotMatch(read(name), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|srcdoc|\beval\b|new Function/, name);
  }
});

test("no file asks for what is not there", () => {
  const pages = [["index.html", /(?:src|href)="([^"#:]+)"/g]];
  const modules = files.filter((name) => name.endsWith(".js")).map((name) => [name, /from "\.\/([^"]+)"/g]);
  for (const [name, links] of [...pages, ...modules]) {
    for (const [, link] of read(name).matchAll(links)) assert.ok(files.includes(link), `${name} asks for ${link}`);
  }
});

test("ids and test ids are there once, and what is referred to by id is there", () => {
  for (const attribute of ["id", "data-testid"]) {
    const all = [...html.matchAll(new RegExp(`\\s${attribute}="([^"]+)"`, "g"))].map(([, value]) => value);
    assert.equal(new Set(all).size, all.length, attribute);
  }
  const ids = new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id));
  for (const [, id] of html.matchAll(/aria-(?:labelledby|describedby)="([^"]+)"/g)) {
    assert.ok(ids.has(id) || id === "patient-title", id);
  }
});
