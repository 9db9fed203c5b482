import { hasToken, keepToken } from "./api.js";
import { byId } from "./dom.js";
import { wakeAll } from "./polling.js";

const dialog = /** @type {HTMLDialogElement} */ (byId("sign-in"));
const field = /** @type {HTMLInputElement} */ (byId("token"));

byId("sign-in-form").addEventListener("submit", (event) => {
  event.preventDefault();
  keepToken(field.value.trim());
  field.value = "";
  dialog.close();
  wakeAll();
});
// Without a token there is nothing behind it.
dialog.addEventListener("cancel", (event) => event.preventDefault());

/** Asks for the token; says that the last one was wrong, where there was one. */
export function signIn() {
  if (dialog.open) return;
  byId("sign-in-refused").textContent = hasToken() ? "That is not the token of this smithd." : "";
  dialog.showModal();
  field.focus();
}
