// Sends the answer form of the form_post response mode. Without this script
// the button beside the form does the same.
"use strict";
{
  const form = document.getElementById("form-post");
  // Called on the prototype: a field may be named "submit".
  if (form) HTMLFormElement.prototype.submit.call(form);
}
