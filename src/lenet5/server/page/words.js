// The words of the page in the language that was chosen; {name} stands for a value. Each view has a file of words.

import back from "./words_back.js";
import learn from "./words_learn.js";
import lesson from "./words_lesson.js";
import page from "./words_page.js";
import play from "./words_play.js";
import read from "./words_read.js";
import see from "./words_see.js";
import test from "./words_test.js";

const TOPICS = [page, lesson, see, back, test, read, learn, play];
const WORDS = Object.fromEntries(
  ["en", "zh"].map((name) => [name, Object.assign({}, ...TOPICS.map((topic) => topic[name]))]),
);

const kept = localStorage.getItem("lenet5.language");
let current = kept ?? (navigator.language.startsWith("zh") ? "zh" : "en");

export const language = () => current;

export function setLanguage(name) {
  current = WORDS[name] ? name : current;
  localStorage.setItem("lenet5.language", current);
}

export function t(key, values = {}) {
  const text = WORDS[current][key] ?? WORDS.en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

export const keys = () => Object.fromEntries(Object.entries(WORDS).map(([name, words]) => [name, Object.keys(words)]));

// Every element that names its words gets them.
export function translate(root) {
  document.documentElement.lang = current;
  for (const element of root.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
}
