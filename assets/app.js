// Improvements for those whose browser runs scripts. Every page is complete without them, and no words are in here.
// Phones at home and computers of an office are old: nothing is used that browsers of 2020 do not know.

// Each part stands by itself: where one fails, the others work, and the browser's log tells of it.
const apart = (work) => {
  try {
    work();
  } catch (error) {
    setTimeout(() => { throw error; });
  }
};
const each = (selector, work) => apart(() => {
  for (const part of document.querySelectorAll(selector)) apart(() => work(part));
});
// What another page says stands in the place of what was said.
const refill = (part, fresh) => {
  part.textContent = "";
  part.append(...fresh.childNodes);
};

// By what a part of a page is known again in the page that comes after it: a line by whom it is about, so that nobody's line
// becomes somebody else's under a finger; a link by the page to which it leads, to whichever place there. Empty where only
// its own place tells.
const known = (part) => {
  if (part.nodeType !== Node.ELEMENT_NODE) return "";
  const sign = part.matches("tr, li, section, form") && !part.id ? part.querySelector("[id], a") : part;
  const leads = (sign && sign.getAttribute("href")) || "";
  const name = (sign && sign.id) || (sign === part ? leads.split("#")[0] : leads);
  return name ? `${part.nodeName} ${name}` : "";
};
// Like refilling, and what is the same in both pages is not touched: it keeps the focus, what is marked, how far a table was
// moved sideways, and the place where somebody reads.
const renew = (part, fresh) => {
  if (part.isEqualNode(fresh)) return;
  if (part.nodeType !== Node.ELEMENT_NODE) {
    part.data = fresh.data;
    return;
  }
  // What is ticked goes on saying what was seen when it was ticked, and what was opened stays open.
  if (part.matches("input:checked")) return;
  for (const { name } of [...part.attributes]) if (name !== "open" && !fresh.hasAttribute(name)) part.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (part.getAttribute(name) !== value) part.setAttribute(name, value);
  const coming = [...fresh.childNodes];
  const names = new Set(coming.map(known));
  const staying = new Map();
  for (const one of [...part.childNodes]) {
    const name = known(one);
    if (!name) continue;
    if (names.has(name) && !staying.has(name)) staying.set(name, one);
    else one.remove();
  }
  let at = part.firstChild;
  const leave = () => {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  };
  for (const one of coming) {
    const name = known(one);
    let twin = staying.get(name);
    if (twin) {
      // One that went further down comes later; those that it passed are not moved for it.
      while (at && at !== twin && twin.parentNode && (!known(at) || at.nextElementSibling === twin)) leave();
      staying.delete(name);
    } else if (!name && at && at.nodeName === one.nodeName && !known(at)) {
      twin = at;
    }
    if (twin && twin === at) at = at.nextSibling;
    else part.insertBefore(twin ?? one, at);
    if (twin) renew(twin, one);
  }
  while (at) leave();
};

// The mistake, or the danger, is what is read first. Where the address leads to another part of the page, only a mistake is,
// and what was just done, which is said where it was done: the page does not move for it.
apart(() => {
  const part = document.querySelector("[data-focus]");
  const led = document.getElementById(location.hash.slice(1));
  if (!part || (led && !part.contains(led) && !part.matches(".problems, .given"))) return;
  const begin = () => part.focus({ preventScroll: part.matches(".given") });
  begin();
  // The browser goes where the address leads once all has come, and then nothing has the focus any more.
  if (led) addEventListener("load", () => setTimeout(() => { if (document.activeElement === document.body) begin(); }));
});

// Where somebody goes on typing they write behind what stands there.
each("input[autofocus]", (field) => {
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
});

// On a phone the menu is one line that moves sideways: where one is, is in sight.
apart(() => {
  const current = document.querySelector(".sections [aria-current]");
  if (current) current.closest(".in").scrollLeft = current.offsetLeft - 24;
});

// A person's page leads back to the list from which it was opened, to the line where one was: lists of hundreds are worked
// through from top to bottom. It stays with the tab, and names nobody.
apart(() => {
  if (!document.body.matches(".console")) return;
  const KEY = "list";
  const back = document.querySelector('a.back[href="/"]');
  const list = sessionStorage.getItem(KEY);
  if (back && list) back.href = list;
  if (!document.querySelector("#worklist, table.cases")) return;
  document.addEventListener("click", ({ target }) => {
    const link = target.closest?.('a[href^="/cases/"]');
    if (link) sessionStorage.setItem(KEY, `${location.pathname}${location.search}${link.id ? `#${link.id}` : ""}`);
  });
  // Whoever was called may have left the list meanwhile.
  if (location.hash && !document.getElementById(location.hash.slice(1))) document.getElementById("sections")?.scrollIntoView();
});

// What was just done is said once: a page that is loaded again says how it stands.
apart(() => {
  const here = new URL(location.href);
  if (here.searchParams.has("done")) {
    here.searchParams.delete("done");
    here.searchParams.delete("at");
    history.replaceState(history.state, "", here);
  }
});

// What stands behind the # of an address was never sent: it is put into its field, and is gone from the address.
each("[data-behind-hash] input", (field) => {
  const said = location.hash.slice(1);
  if (!/^[0-9A-Za-z]{12}$/.test(said)) return;
  if (!field.value) field.value = said.replace(/(....)(?=.)/g, "$1-");
  history.replaceState(history.state, "", location.pathname + location.search);
});

// A link of the error summary leads into its field.
each(".problems a[href^='#']", (link) => {
  link.addEventListener("click", (event) => {
    const field = document.getElementById(link.hash.slice(1));
    if (field) {
      event.preventDefault();
      field.closest("details")?.setAttribute("open", "");
      (field.closest(".field") ?? field).scrollIntoView();
      field.focus();
    }
  });
});

// A day without its time, or half of one, is sent as nothing at all: the browser says so instead, in its own words.
document.addEventListener("submit", (event) => {
  const half = [...event.target.elements].find((field) => field.validity?.badInput);
  if (!half) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  half.closest("details")?.setAttribute("open", "");
  half.reportValidity();
}, { capture: true });

// Without a connection a form stays where it is: the browser would put a page of its own in its place, and on the way back from
// there what was typed would be gone. A browser may be wrong about its connection, so the server is asked first.
each("[data-offline]", (sign) => {
  const form = document.getElementById(sign.dataset.offline);
  if (!form) return;
  let reached = false;
  const send = (pressed) => {
    reached = true;
    sign.hidden = true;
    (pressed || form.querySelector("button:not([name])")).click();
    reached = false;
  };
  document.addEventListener("submit", (event) => {
    if (event.target !== form || reached || navigator.onLine !== false) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    fetch("/healthz", { cache: "no-store" }).then(() => send(event.submitter), () => {
      form.append(sign);
      sign.hidden = false;
      sign.scrollIntoView({ block: "nearest" });
    });
  }, { capture: true });
  addEventListener("online", () => { sign.hidden = true; });
});

// A file comes beside the page, which stays: what was wrong before it was sent is wrong no more. Where something is wrong again,
// the answer is a page. What is ticked in what goes must be sent first.
each("form[data-file]", (form) => {
  form.addEventListener("submit", ({ submitter }) => {
    if (submitter?.name) return;
    setTimeout(() => {
      for (const part of document.querySelectorAll("main .problems, main .problem")) part.remove();
      for (const field of form.querySelectorAll(".wrong")) field.classList.remove("wrong");
      for (const field of form.querySelectorAll("[aria-invalid]")) {
        field.removeAttribute("aria-invalid");
        const told = (field.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => document.getElementById(id));
        if (told.length > 0) field.setAttribute("aria-describedby", told.join(" "));
        else field.removeAttribute("aria-describedby");
      }
      const title = document.querySelector("h1").textContent;
      document.title = document.title.slice(Math.max(0, document.title.indexOf(title)));
    });
  });
});

// A second press of a button sends nothing for some seconds. Then, and when somebody comes back to the page, it wakes again:
// no answer may ever come, and of what came twice the server takes one.
each("form[data-once]", (form) => {
  const REST = 4_000;
  let sent = false;
  let pressed;
  let timer;
  const wake = () => {
    clearTimeout(timer);
    sent = false;
    pressed?.removeAttribute("aria-disabled");
  };
  form.addEventListener("submit", (event) => {
    if (sent) {
      event.preventDefault();
      return;
    }
    sent = true;
    pressed = event.submitter;
    pressed?.setAttribute("aria-disabled", "true");
    timer = setTimeout(wake, REST);
  });
  addEventListener("pageshow", wake);
});

// What was typed and not sent is not left without a question: another language, a link, a reload, a page pulled down too far.
// Nor are codes that are shown once. At home that are the forms with more to type than an address or a code.
apart(() => {
  const open = new Set();
  let calls = false;
  const ask = (event) => {
    if (calls) return;
    event.preventDefault();
    // Chrome before 119 asks only where this is set.
    event.returnValue = true;
  };
  const fit = () => {
    // Only where it is needed: a page with this listener is loaded anew on the way back.
    if (open.size > 0) addEventListener("beforeunload", ask);
    else removeEventListener("beforeunload", ask);
  };
  const hold = (part, held) => {
    if (held) open.add(part);
    else open.delete(part);
    fit();
  };
  const isTyped = (form) => form.matches("#report, #attributes, #passport, #wrong")
    || (form.matches("body.console main form[method=post]:not([role=search]):not([data-share])") && !form.querySelector("[type=password]"));
  each("form", (form) => {
    if (!isTyped(form)) return;
    form.addEventListener("input", () => hold(form, true));
    form.addEventListener("submit", () => hold(form, false));
  });
  // A form that came back with what is wrong holds what was typed, and so does a report that is not blank.
  each(".problems a[href^='#']", (link) => {
    const form = document.getElementById(link.hash.slice(1))?.closest("form");
    if (form && isTyped(form)) hold(form, true);
  });
  // At the center a form for correcting is filled from the start.
  each("body:not(.console) form#report", (form) => {
    const isFilled = (field) => field.type !== "hidden" && (field.defaultChecked || (field.type !== "checkbox" && field.type !== "radio" && field.defaultValue));
    if ([...form.elements].some(isFilled)) hold(form, true);
  });
  each("[data-leave]", (way) => {
    hold(way, true);
    for (const kind of ["click", "submit"]) way.addEventListener(kind, () => hold(way, false));
  });
  // A telephone is no other page.
  document.addEventListener("click", ({ target }) => {
    calls = /^(tel|sms|mailto):$/.test(target.closest?.("a")?.protocol ?? "");
  });
});

// What is folded up and was typed into stays in sight when somebody comes back.
addEventListener("pageshow", () => {
  for (const part of document.querySelectorAll("main form details")) {
    const fields = [...part.querySelectorAll("input:not([type=hidden]):not([type=checkbox]):not([type=radio])")];
    if (fields.some((field) => field.value !== field.defaultValue)) part.open = true;
  }
});

// Choosing a family member is enough; not so with the keys, which go from one to the next: for them there is a button.
const chosen = (select, act) => {
  let keyed = false;
  select.addEventListener("keydown", () => { keyed = true; });
  select.addEventListener("pointerdown", () => { keyed = false; });
  select.addEventListener("change", () => { if (!keyed) act(); });
};
each("form[data-choose]", (form) => {
  const select = form.querySelector("select");
  if (select) chosen(select, () => form.querySelector("button").click());
});

// Within the report, the heading follows the choice at once, and what was typed goes along.
each("[data-switch]", (part) => {
  const select = part.querySelector("select");
  if (select) chosen(select, () => part.querySelector("button").click());
});

// A password can be looked at, and is hidden again before it is sent.
each("[data-reveal]", (button) => {
  const field = document.getElementById(button.dataset.reveal);
  // Which password it is stands behind the word, for those who listen.
  const word = button.querySelector("span");
  const words = [word.textContent, button.dataset.hide];
  const show = (shown) => {
    field.type = shown ? "text" : "password";
    word.textContent = words[shown ? 1 : 0];
  };
  button.hidden = false;
  button.addEventListener("click", () => show(field.type === "password"));
  field.form?.addEventListener("submit", () => show(false));
});

// Which parts of the password rule are met, while typing. The server decides.
each("[data-rules]", (rules) => {
  const field = document.getElementById(rules.dataset.rules);
  const tests = {
    length: (text) => [...text].length >= 8,
    lower: (text) => /\p{Ll}/u.test(text),
    upper: (text) => /\p{Lu}/u.test(text),
    number: (text) => /\p{N}/u.test(text),
    symbol: (text) => /[^\p{Ll}\p{Lu}\p{N}]/u.test(text),
  };
  rules.setAttribute("aria-live", "polite");
  field?.addEventListener("input", () => {
    const text = field.value.normalize("NFKC");
    for (const item of rules.querySelectorAll("[data-rule]")) {
      const met = tests[item.dataset.rule](text);
      item.classList.toggle("met", met);
      const word = item.querySelector("[data-met]");
      word.textContent = met ? ` ${word.dataset.met}` : "";
    }
  });
});

// "Not measured" and a value exclude each other. A tick that was not meant takes nothing away: without it the value is back.
each("input[id$='_not_measured']", (box) => {
  const field = document.getElementById(box.id.replace("_not_measured", ""));
  let typed = "";
  field?.addEventListener("input", () => { if (field.value) box.checked = false; });
  box.addEventListener("change", () => {
    if (!field) return;
    if (box.checked) [typed, field.value] = [field.value, ""];
    else field.value ||= typed;
  });
});

// "None of these" and a sign exclude each other.
each("[data-signs]", (signs) => {
  signs.addEventListener("change", ({ target }) => {
    if (!target.checked) return;
    for (const box of signs.querySelectorAll("input")) {
      if (box !== target && (target.dataset.none !== undefined || box.dataset.none !== undefined)) box.checked = false;
    }
  });
});

// What is for paper is printed with one press.
each("[data-print]", (button) => {
  button.hidden = false;
  button.addEventListener("click", () => print());
});

// At the center whatever nobody has answered yet is answered with No; the server would do the same, and save nothing.
each("[data-others]", (button) => {
  button.addEventListener("click", (event) => {
    event.preventDefault();
    for (const question of button.form.querySelectorAll("fieldset.question")) {
      const answers = [...question.querySelectorAll("[type=radio]")];
      if (answers.some((one) => one.checked)) continue;
      for (const one of answers) one.checked = one.value === "no";
    }
    button.nextElementSibling.textContent = button.dataset.others;
    button.form.dispatchEvent(new Event("input"));
  });
});

// What another answer rules out is not shown, from the moment in which that is typed: while the mouse button or a finger is
// down nothing moves. A number is read as the server reads it, from a Japanese keyboard, too, and what is no plain number
// rules nothing out. What was typed stays, and the server decides.
each("form", (form) => {
  if (!form.querySelector("[data-only-if]")) return;
  const answer = (name) => {
    const field = form.elements.namedItem(name);
    const text = new FormData(form).get(name) ?? "";
    if (!field || field.type !== "text") return text;
    const number = text.normalize("NFKC").trim();
    return /^\d{1,9}$/.test(number) ? String(Number(number)) : "";
  };
  const fit = () => {
    for (const item of form.querySelectorAll("[data-only-if]")) {
      const given = answer(item.dataset.onlyIf);
      item.hidden = given !== "" && !item.dataset.is.split(" ").includes(given);
    }
  };
  for (const kind of ["input", "change"]) form.addEventListener(kind, fit);
  fit();
});

// The worklist brings itself up to date. What has the focus keeps it; what is being typed is never touched. Where the
// server cannot be reached the page stays, says since when, and tries again, less and less often.
each("[data-live]", (list) => {
  const sign = document.getElementById(list.dataset.away);
  const still = document.getElementById(list.dataset.still);
  const said = document.getElementById(list.dataset.said);
  // Somebody who listens is told when there are more alerts that wait, or fewer, and when one of them is another one or has
  // got worse; not of every minute.
  const waiting = () => [...list.querySelectorAll("[data-waiting]")];
  const tell = (before) => {
    const now = waiting();
    if (said && now.some((part) => !before.includes(part.dataset.waiting))) said.textContent = now[0].textContent;
  };
  let asking = false;
  let again = false;
  let lost = null;
  const reached = (is) => {
    if (is) lost = null;
    else lost = lost ?? new Date();
    if (!sign) return;
    sign.hidden = !lost;
    if (lost) {
      const time = sign.querySelector("time");
      time.dateTime = lost.toISOString();
      time.textContent = lost.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
    }
  };
  // What had the focus has it again. Where it is gone, one goes on at the next link after it, or else the one before: whoever
  // presses a key at that very moment opens a page at most.
  const refocus = (active, links) => {
    const after = links.filter((link) => active.compareDocumentPosition(link) & Node.DOCUMENT_POSITION_FOLLOWING);
    const before = links.filter((link) => link !== active && !after.includes(link)).reverse();
    return () => {
      for (const one of [active, document.getElementById(active.id), ...after, ...before]) {
        if (document.activeElement === one) return;
        if (one && one.isConnected) one.focus({ preventScroll: true });
        if (document.activeElement === one) return;
      }
    };
  };
  let pressed = false;
  addEventListener("pointerdown", () => { pressed = true; });
  for (const kind of ["pointerup", "pointercancel"]) addEventListener(kind, () => { pressed = false; });
  const ask = async () => {
    // A finger that is down has aimed at something.
    if (pressed) {
      setTimeout(ask, 500);
      return;
    }
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    try {
      const answer = await fetch(location.href, { headers: { "x-live": "1" }, redirect: "manual" });
      if (answer.type === "opaqueredirect") {
        // The session is locked or over: the page itself finds out where to go.
        location.reload();
        return;
      }
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById(list.id);
        if (fresh) {
          const active = document.activeElement;
          const focus = list.contains(active) ? refocus(active, [...list.querySelectorAll("a:not([href^='tel:'])")]) : null;
          // What is read, or just about to be pressed, stays where it is.
          const places = [...list.querySelectorAll("[id]")].map((part) => [part, part.getBoundingClientRect()]);
          const seen = places.filter(([, { top, bottom }]) => bottom > 0 && top >= 0);
          const before = waiting().map((part) => part.dataset.waiting);
          renew(list, fresh);
          list.dispatchEvent(new Event("refilled"));
          tell(before);
          const [stayed, place] = seen.find(([part]) => part.isConnected) ?? [];
          if (stayed) scrollBy(0, stayed.getBoundingClientRect().top - place.top);
          if (focus) focus();
          document.title = page.title;
          reached(true);
        }
      } else {
        reached(false);
      }
    } catch {
      reached(false);
    } finally {
      asking = false;
      if (again) {
        again = false;
        ask();
      }
    }
  };
  const FIRST = 2_000;
  const LONGEST = 60_000;
  let wait = FIRST;
  const listen = () => {
    const source = new EventSource(list.dataset.live);
    source.addEventListener("changed", ask);
    // What happened while the stream was away is asked for when it is back; and what happened between the making of the page
    // and its first stream, of which that tells nothing.
    source.addEventListener("open", () => {
      wait = FIRST;
      ask();
    });
    source.addEventListener("error", () => {
      // A stream that ends by itself connects again by itself. One that was refused does not: the page asks whether
      // the session still lives, and listens again later; not all pages at the same moment.
      if (source.readyState !== EventSource.CLOSED) return;
      ask();
      setTimeout(listen, wait * (0.75 + Math.random() / 2));
      wait = Math.min(wait * 2, LONGEST);
    });
  };
  listen();
  if (still) still.hidden = true;
  addEventListener("offline", () => reached(false));
  addEventListener("online", ask);
  // Minutes go by without anything else changing.
  setInterval(ask, 60_000);
});

// Many of a list are chosen at once, and how many it are is said.
each("form[data-share]", (bar) => {
  const list = document.getElementById(bar.dataset.share);
  const all = bar.querySelector("[type=checkbox]");
  const count = bar.querySelector("output");
  const boxes = () => [...list.querySelectorAll("input[name^='pick.']")];
  const fit = () => {
    const ticked = boxes().filter((box) => box.checked).length;
    count.querySelector("strong").textContent = ticked;
    all.checked = ticked > 0 && ticked === boxes().length;
    all.indeterminate = ticked > 0 && !all.checked;
  };
  all.addEventListener("change", () => {
    for (const box of boxes()) box.checked = all.checked;
    fit();
  });
  for (const kind of ["change", "refilled"]) list.addEventListener(kind, fit);
  addEventListener("pageshow", fit);
  all.parentElement.hidden = false;
  count.hidden = false;
  fit();
});

// How many of those who are named are ticked.
each("[data-ticked]", (count) => {
  const named = count.closest("fieldset");
  const fit = () => {
    count.textContent = named.querySelectorAll("[type=checkbox]:checked").length;
  };
  named.addEventListener("change", fit);
  addEventListener("pageshow", fit);
});

// A locked page goes on to say how many alerts wait, a person's page what happened since. What is being typed is never
// touched.
each("[data-fresh]", (part) => {
  const look = async () => {
    try {
      // Nobody sits before it: it must not keep a session awake that was unlocked elsewhere.
      const answer = await fetch(part.dataset.fresh, { headers: { "x-live": "1" }, redirect: "manual" });
      if (answer.type === "opaqueredirect") clearInterval(timer);
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById(part.id);
      // What says the same is not said again to somebody who listens.
      if (!fresh || fresh.textContent === part.textContent) return;
      refill(part, fresh);
      if (part.dataset.title !== undefined) document.title = page.title;
    } catch {
      // The page says of when its number is.
    }
  };
  const timer = setInterval(look, 20_000);
  // Whoever comes back to it sees at once how it stands.
  addEventListener("focus", look);
  addEventListener("pageshow", (event) => {
    const [how] = performance.getEntriesByType("navigation");
    if (event.persisted || how?.type === "back_forward") look();
  });
});

// Once the session is locked, what stands on a page that somebody left open is covered, and shown again when it is unlocked
// elsewhere. What was typed stays. The cover is read out, and afterwards one goes on where one was.
each("[data-locked]", (cover) => {
  const page = document.getElementById("main");
  let left = null;
  const look = async () => {
    try {
      const answer = await fetch("/account", { headers: { "x-live": "1" }, redirect: "manual" });
      const locked = answer.type === "opaqueredirect";
      if (locked !== cover.hidden) return;
      const active = document.activeElement;
      const goes = locked ? page.contains(active) || active === document.body : cover.contains(active);
      cover.hidden = !locked;
      page.hidden = locked;
      if (locked) left = active;
      if (goes) (locked ? cover : left).focus();
    } catch {
      // Nothing is known; it is asked again.
    }
  };
  setInterval(look, Number(cover.dataset.locked) * 1000);
  // Whoever comes back to it sees at once how it stands.
  addEventListener("focus", look);
});
