// A region of the page: HTML that the server renders, with what is done in it sent back.
// `data-act` names what a control asks for; everything else in its dataset goes with it.
export default {
  template: `<div @click="click" @change="change" @input="input" @submit.prevent="submit" @keydown="keydown"></div>`,
  props: { html: String, keys: Boolean },
  mounted() {
    this.render();
    if (this.keys) {
      this.hear = (event) => this.shortcut(event);
      window.addEventListener("keydown", this.hear);
    }
  },
  unmounted() { window.removeEventListener("keydown", this.hear); },
  updated() { this.render(); },
  methods: {
    // Replace the content, and leave focus, scrolling, what is typed and what is unfolded as they were.
    render() {
      if (this.html === this.shown) return;
      this.shown = this.html;
      const root = this.$el, at = document.activeElement;
      const focus = root.contains(at) ? this.mark(at) : null;
      const kept = [...root.querySelectorAll("[data-keep]"), ...Object.values(this.later ?? {}).map((l) => l.control)];
      const typed = Object.fromEntries(kept.filter((e) => e.id).map((e) => [e.id, e.value]));
      const open = Object.fromEntries([...root.querySelectorAll("details[id]")].map((e) => [e.id, e.open]));
      const scroll = Object.fromEntries([...root.querySelectorAll("[data-scroll]")].map((e) => [e.id, e.scrollTop]));
      const was = root.querySelector("dialog[data-open]");
      const made = Object.assign(document.createElement("template"), { innerHTML: this.html }).content;
      const now = made.querySelector("dialog[data-open]");
      // A dialog that is open stays open: only what it says is replaced.
      if (was && now) { was.className = now.className; was.replaceChildren(...now.childNodes); }
      else root.replaceChildren(made);
      for (const [id, value] of Object.entries(typed)) { const e = document.getElementById(id); if (e) e.value = value; }
      if (!this.rendered && matchMedia("(max-width: 860px)").matches) for (const e of root.querySelectorAll("details.legend")) e.open = false;
      this.rendered = true;
      for (const [id, value] of Object.entries(open)) { const e = document.getElementById(id); if (e) e.open = value; }
      for (const e of root.querySelectorAll("[data-filter]")) this.filter(e);
      for (const [id, value] of Object.entries(scroll)) { const e = document.getElementById(id); if (e) e.scrollTop = value; }
      if (this.marked) document.getElementById(this.marked)?.setAttribute("aria-current", "true");
      if (now && !was) this.open_dialog(now, at);
      else if (was && !now) this.focus_back(this.opener);
      else if (focus) this.focus_back(focus);
    },
    // How to find the focus again: the control, else one that asks for the same, else what held it.
    mark(at) {
      const { act, code, ident, other, kind } = at.dataset, holders = [];
      for (let e = at.parentElement; e && e !== document.body; e = e.parentElement) if (e.id) holders.push(e.id);
      const same = act && ["act", "code", "ident", "other", "kind"].map((k) => (at.dataset[k] ? `[data-${k}="${CSS.escape(at.dataset[k])}"]` : "")).join("");
      return { id: at.id, same, holders, chosen: "selectionStart" in at ? at.selectionStart : null };
    },
    focus_back(focus) {
      const { id, same, holders, chosen } = focus ?? { holders: [] };
      const able = "button, input, select, textarea, summary, a[href], [tabindex]";
      const inside = (e) => e && (e.matches(able) ? e : e.querySelector(able));
      const back = (id && document.getElementById(id)) || (same && this.$el.querySelector(same))
        || holders.map((h) => inside(document.getElementById(h))).find(Boolean) || this.$el.querySelector(able) || document.querySelector(".map");
      back?.focus({ preventScroll: true });
      if (chosen !== null && back?.setSelectionRange && back.type !== "range") { try { back.setSelectionRange(chosen, chosen); } catch { /* not a text field */ } }
    },
    open_dialog(dialog, at) {
      this.opener = this.mark(at);
      dialog.showModal();
      dialog.addEventListener("cancel", (e) => { e.preventDefault(); this.send({ act: dialog.dataset.cancel }); });
      (dialog.querySelector("[autofocus]") || dialog.querySelector("button, input, a"))?.focus();
    },
    theme() {
      const root = document.documentElement;
      root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
      localStorage.setItem("gangso-theme", root.dataset.theme);
    },
    // On a phone one of the panes covers the map.
    pane(name) {
      document.body.dataset.pane = name;
      for (const button of document.querySelectorAll("[data-act=pane]")) button.setAttribute("aria-pressed", String(button.dataset.pane === name));
    },
    language(lang, title) {
      document.documentElement.lang = lang;
      document.title = title;
      document.cookie = `gangso_lang=${lang}; path=/; max-age=31536000; samesite=strict`;
    },
    address(query) { history.replaceState(null, "", query); },
    focus_on(id) { document.getElementById(id)?.focus(); },
    // Mark the row of what is chosen, and bring it into sight.
    current(id) {
      for (const row of this.$el.querySelectorAll("[aria-current]")) row.removeAttribute("aria-current");
      this.marked = id;
      const row = document.getElementById(id);
      if (!row) return;
      row.setAttribute("aria-current", "true");
      if (!this.$el.contains(document.activeElement)) row.scrollIntoView({ block: "nearest" });
    },
    shortcut(event) {
      const typing = event.target.matches?.("input:not([type=range]):not([type=checkbox]), textarea, select");
      const command = event.ctrlKey || event.metaKey, key = event.key.toLowerCase();
      if (document.querySelector("dialog[open]")) return;
      const act = command && key === "z" && !typing ? (event.shiftKey ? "redo" : "undo")
        : command && key === "y" && !typing ? "redo"
        : command && key === "s" ? "open_save"
        : typing || command || event.altKey ? null
        : key === "?" ? "open_help"
        : key === "escape" ? (this.fold() ? null : "dismiss") : null;
      if (act) { event.preventDefault(); this.send({ act }); return; }
      if (typing || command || event.altKey) return;
      if (key === "/") {
        event.preventDefault();
        this.pane("find");
        const box = document.getElementById("find-box");
        if (box) box.focus(); else this.send({ act: "left", tab: "find", focus: "find-box" });
      }
      if (key === "c") { event.preventDefault(); this.send({ act: "left", tab: "conditions", focus: "target" }); this.pane("find"); }
      if (key === "m") { event.preventDefault(); this.pane("map"); document.querySelector(".map")?.focus(); }
    },
    // Fold what hangs over the map; the focus goes back to what unfolded it.
    fold() {
      const menu = document.querySelector("[data-act=more][aria-expanded=true]");
      if (menu) { this.more(menu); menu.focus(); return true; }
      const open = document.querySelector("details.overlays[open]");
      if (!open) return false;
      open.open = false;
      open.querySelector("summary").focus();
      return true;
    },
    more(button) { button.setAttribute("aria-expanded", String(button.getAttribute("aria-expanded") !== "true")); },
    send(what) { this.$emit("act", what); },
    click(event) {
      const control = event.target.closest("[data-act]");
      if (!control || control.matches("input, select, textarea, form")) return;
      if (control.tagName === "A" && control.hasAttribute("href")) return;
      event.preventDefault();
      if (control.getAttribute("aria-disabled") === "true") return;
      // What concerns this screen only stays here.
      if (control.dataset.act === "theme") { this.theme(); return; }
      if (control.dataset.act === "pane") { this.pane(control.dataset.pane); return; }
      if (control.dataset.act === "more") { this.more(control); return; }
      for (const menu of document.querySelectorAll("[data-act=more][aria-expanded=true]")) this.more(menu);
      this.send({ ...control.dataset, add: event.shiftKey || event.ctrlKey || event.metaKey });
    },
    async change(event) {
      const control = event.target;
      if (control.type === "file" && control.files.length) {
        if (control.dataset.url) { await this.upload(control); return; }
        const text = await control.files[0].text();
        control.value = "";
        this.send({ ...control.dataset, value: text });
        return;
      }
      // With the keys a slider changes at every step: only where it comes to rest is asked for.
      if (control.type === "range") {
        const later = (this.later ??= {}), asked = { ...control.dataset, value: control.value };
        clearTimeout(later[control.id]?.timer);
        later[control.id] = { control, timer: setTimeout(() => { delete later[control.id]; this.send(asked); }, 300) };
        return;
      }
      if (control.matches("[data-act]") && !control.matches("form")) {
        this.send({ ...control.dataset, value: control.type === "checkbox" ? control.checked : control.value });
        if ("ask" in control.dataset) control.checked = false; // until the planner has agreed
      }
    },
    input(event) {
      const control = event.target;
      if (control.dataset.filter) this.filter(control);
      if (control.dataset.echo) document.getElementById(control.dataset.echo).textContent = Number(control.value).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 2 });
    },
    submit(event) {
      const form = event.target;
      this.send({ ...form.dataset, fields: Object.fromEntries(new FormData(form)), button: event.submitter?.value });
    },
    // Files go to the API, which has the limits; its answer comes back as what was done.
    async upload(control) {
      const body = new FormData();
      body.append("package", control.files[0]);
      this.send({ act: control.dataset.begun, name: control.files[0].name });
      let answer;
      try {
        const response = await fetch((window.path_prefix || "") + control.dataset.url, { method: "POST", body });
        answer = { status: response.status, body: await response.json() };
      } catch (error) {
        answer = { status: 0, body: { message: String(error) } };
      }
      control.value = "";
      this.send({ act: control.dataset.done, answer });
    },
    filter(control) {
      const wanted = control.value.normalize("NFC").toLowerCase().split(/\s+/).filter(Boolean);
      const list = document.getElementById(control.dataset.filter);
      let shown = 0;
      for (const row of list.querySelectorAll("[data-search]")) {
        const hit = wanted.every((word) => row.dataset.search.includes(word));
        row.hidden = !hit;
        if (hit) shown += 1;
      }
      const count = document.getElementById(control.dataset.count);
      if (count) count.textContent = count.dataset.words.replace("#", shown);
      const rows = this.rows(list);
      rows.forEach((row, i) => (row.tabIndex = i ? -1 : 0));
    },
    rows(list) { return [...list.querySelectorAll("[data-row]")].filter((row) => !row.closest("[hidden]")); },
    // One stop of the tab key a list; arrows walk within it.
    keydown(event) {
      const control = event.target;
      if (control.dataset.filter && (event.key === "ArrowDown" || event.key === "Enter")) {
        const rows = this.rows(document.getElementById(control.dataset.filter));
        if (!rows.length) return;
        event.preventDefault();
        // Whoever types a name and presses Enter means the municipality, not an alliance with it.
        if (event.key === "Enter") (rows.find((row) => row.dataset.code) || rows[0]).click();
        else rows[0].focus();
        return;
      }
      const list = control.closest("[data-roving]");
      if (!list) return;
      const rows = this.rows(list), at = rows.indexOf(control.closest("[data-row]"));
      const across = list.dataset.roving === "across";
      const to = { [across ? "ArrowRight" : "ArrowDown"]: at + 1, [across ? "ArrowLeft" : "ArrowUp"]: at - 1, Home: 0, End: rows.length - 1 }[event.key];
      if (to === undefined || at < 0) return;
      event.preventDefault();
      const next = rows[Math.max(0, Math.min(rows.length - 1, to))];
      rows.forEach((row) => (row.tabIndex = -1));
      next.tabIndex = 0;
      next.focus();
      if (across) next.click();
    },
  },
};
