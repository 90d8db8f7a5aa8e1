// Messages to whoever uses the page, in their language: what is wrong, and what to do.

import { Refusal } from "./api.js";
import { t } from "./words.js";

// An error whose words are in the page's own lists.
export class Trouble extends Error {
  constructor(key, values = {}) {
    super(t(`problem.${key}`, values));
    this.key = key;
  }
}

const BY_STATUS = {
  null: "alone",
  0: "gone",
  403: "forbidden",
  408: "slow",
  413: "large",
  415: "extra",
  503: "busy",
  507: "full",
};

// `about` says what was sent: a picture, a training, or nothing in particular.
export function told(error, about = "") {
  if (error instanceof AggregateError) return error.errors.map((one) => told(one, about)).join(" ");
  if (error instanceof Trouble) return error.message;
  if (!(error instanceof Refusal)) return t("problem.fault", { detail: error.message });
  const key = BY_STATUS[error.status];
  if (key) return t(`problem.${key}`);
  if (about === "picture" && error.status < 500) return t("problem.picture");
  if (about === "training" && error.status === 404) return t("problem.training");
  return t("problem.refused", { detail: error.message });
}
