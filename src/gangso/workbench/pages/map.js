// The map: shapes come once (an URL), after that only colours, groups and marks change.
// Leaflet is the one in NiceGUI's wheel. Nothing is loaded from a network unless `tiles` is set.
import { leaflet as L } from "nicegui-leaflet";
import { loadResource } from "../../static/utils/resources.js";

const CANVAS_FROM = 2500; // so many shapes are drawn on a canvas, fewer as SVG

export default {
  template: `<div class="map-stage"><div class="map" ref="map" role="region" :aria-label="label"></div></div>`,
  props: { shapes: String, resourcePath: String, label: String, first: Object },
  async mounted() {
    await this.$nextTick();
    const base = window.path_prefix || "";
    const [, response] = await Promise.all([
      loadResource(base + `${this.resourcePath}/leaflet/leaflet.css`),
      fetch(base + this.shapes),
    ]);
    this.geo = await response.json();
    this.build();
    this.paint(this.first || {});
    this.themes = new MutationObserver(() => { this.fill(); this.settle(); });
    this.themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  },
  unmounted() {
    this.observer?.disconnect();
    this.themes?.disconnect();
    this.card?.remove();
    this.map?.remove();
  },
  methods: {
    build() {
      const { units, codes, borders } = this.geo;
      this.state = { overlays: {}, selected: null, tray: [], moved: [] };
      this.index = Object.fromEntries(codes.map((code, i) => [code, i]));
      const map = (this.map = L.map(this.$refs.map, {
        zoomSnap: 0.25, zoomDelta: 0.5, wheelPxPerZoomLevel: 110, minZoom: 3, maxZoom: 13,
        attributionControl: false, zoomControl: false, preferCanvas: units.length > CANVAS_FROM,
        keyboardPanDelta: 90, fadeAnimation: false, boxZoom: false,
      }));
      for (const [name, z] of [["edges", 410], ["flows", 420], ["marks", 430]]) {
        map.createPane(name).style.zIndex = z;
        if (name !== "marks") map.getPane(name).style.pointerEvents = "none";
      }
      const renderer = (pane) => (units.length > CANVAS_FROM ? L.canvas({ pane, padding: 0.4 }) : L.svg({ pane, padding: 0.6 }));
      this.edgeRenderer = renderer("edges");
      this.flowRenderer = renderer("flows");
      this.unitRenderer = renderer("overlayPane");
      this.layers = units.map((polygons, i) => {
        const layer = L.polygon(polygons, {
          renderer: this.unitRenderer, smoothFactor: 0, weight: 0.6, className: "unit", bubblingMouseEvents: false,
        });
        layer.on("mouseover mousemove", (e) => this.hover(i, e));
        layer.on("mouseout", () => this.unhover());
        layer.on("click", (e) => {
          const keys = e.originalEvent;
          this.$emit("pick", { code: codes[i], add: keys.shiftKey || keys.ctrlKey || keys.metaKey });
        });
        return layer.addTo(map);
      });
      this.lines = borders.map(([a, b, lines]) => ({ a, b, lines }));
      this.edges = L.polyline([], { renderer: this.edgeRenderer, className: "edge", interactive: false, smoothFactor: 0 }).addTo(map);
      this.before = L.polyline([], { renderer: this.edgeRenderer, className: "edge-before", interactive: false, smoothFactor: 0 }).addTo(map);
      this.moved = L.polyline([], { renderer: this.edgeRenderer, className: "edge-moved", interactive: false, smoothFactor: 0 }).addTo(map);
      this.chosen = L.polyline([], { renderer: this.edgeRenderer, className: "edge-chosen", interactive: false, smoothFactor: 0 }).addTo(map);
      this.marks = L.layerGroup().addTo(map);
      this.flows = L.layerGroup().addTo(map);
      this.names = [];
      this.card = Object.assign(document.createElement("div"), { className: "hover-card", hidden: true });
      // Over legend and ribbon, which stand beside the map.
      (this.$refs.map.closest(".middle") || this.$refs.map.parentElement).append(this.card);
      L.control.scale({ imperial: false, position: "bottomleft" }).addTo(map);
      this.whole = L.latLngBounds(this.geo.spots.filter((s) => s[2]).map(([lat, lng]) => [lat, lng]));
      // On a phone a few far islands must not shrink everything else.
      const of = (k) => this.geo.spots.filter((s) => s[2]).map((s) => s[k]).sort((x, y) => x - y);
      const [lats, lngs] = [of(0), of(1)], cut = (list, share) => list[Math.round((list.length - 1) * share)];
      this.most = L.latLngBounds([cut(lats, 0.005), cut(lngs, 0.01)], [cut(lats, 0.995), cut(lngs, 0.99)]);
      this.fit();
      map.on("zoomend", () => this.label_places());
      map.on("moveend", () => this.settle());
      this.observer = new ResizeObserver(() => {
        map.invalidateSize({ pan: false });
        if (!this.touched) this.fit();
      });
      this.observer.observe(this.$refs.map);
      map.on("dragstart zoomstart", () => (this.touched = this.fitted));
    },
    fit() {
      const size = this.map.getSize();
      if (!size.x || !size.y) return;
      this.fitted = false;
      this.map.fitBounds(size.x < 500 ? this.most : this.whole, { padding: [size.x < 500 ? 8 : 34, size.x < 500 ? 30 : 34], animate: false });
      this.fitted = true;
    },
    home() { this.touched = false; this.fit(); },
    zoom(step) { this.map.setZoom(this.map.getZoom() + step); },
    // Tell whoever waits that everything asked for is on the screen.
    settle() {
      // A page that is not looked at draws no frames.
      const frame = document.hidden ? (then) => then() : requestAnimationFrame;
      frame(() => frame(() => {
        const stage = this.$refs.map;
        if (!stage) return;
        const stamp = this.state.stamp ?? "", fresh = stage.dataset.stamp !== stamp;
        stage.dataset.idle = String((Number(stage.dataset.idle) || 0) + 1);
        stage.dataset.stamp = stamp;
        stage.dispatchEvent(new CustomEvent("idle", { bubbles: true }));
        if (fresh) this.$emit("drawn", { stamp });
      }));
    },
    // Take over whatever parts of the state are given, and draw what they change.
    paint(part) {
      if (!this.map) { Object.assign((this.first ??= {}), part); return; }
      Object.assign(this.state, part);
      const s = this.state;
      if (part.fills || part.tiles !== undefined) this.fill();
      if (part.groups || part.before !== undefined || part.moved || part.outlines !== undefined) this.outline();
      if (part.groups || part.names || part.tiles !== undefined || part.show_names !== undefined) this.label_places();
      if ("selected" in part || part.tray || part.groups) this.mark_chosen();
      if (part.points) this.draw_points();
      if (part.flows) this.draw_flows();
      if ("tiles" in part) this.lay_tiles(s.tiles);
      if (this.hovered !== undefined) this.unhover();
      this.settle();
    },
    fill() {
      const { fills } = this.state, dark = document.documentElement.dataset.theme === "dark";
      if (!fills) return;
      const svg = this.layers.length <= CANVAS_FROM;
      this.layers.forEach((layer, i) => {
        const [light, night, hatched] = fills.classes[fills.of[i]];
        layer.setStyle({
          fillColor: hatched && svg ? "url(#hatch)" : dark ? night : light, fillOpacity: this.state.tiles ? 0.72 : 1,
          color: dark ? "#0f151b" : "#ffffff", opacity: 0.9,
        });
      });
    },
    outline() {
      const { groups, before, moved, outlines } = this.state;
      if (!groups) return;
      const now = [], then = [], touched = new Set(moved || []), around = [];
      for (const { a, b, lines } of this.lines) {
        const ga = groups[a], gb = b < 0 ? -1 : groups[b];
        const differ = (of) => {
          const x = of[a], y = b < 0 ? -1 : of[b];
          return x !== y && (x >= 0 || y >= 0);
        };
        if (differ(groups)) now.push(...lines);
        else if (before && differ(before)) then.push(...lines);
        if (touched.size && (touched.has(a) !== (b >= 0 && touched.has(b)) || (touched.has(a) && ga !== gb))) around.push(...lines);
      }
      this.edges.setLatLngs(outlines === false ? [] : now);
      this.before.setLatLngs(outlines === false ? [] : then);
      this.moved.setLatLngs(around);
    },
    mark_chosen() {
      const { selected, tray, groups } = this.state;
      const chosen = new Set([...(tray || []), ...(selected || [])].map((code) => this.index[code]));
      const lines = [];
      if (chosen.size)
        for (const { a, b, lines: l } of this.lines)
          if (chosen.has(a) !== (b >= 0 && chosen.has(b)) || (chosen.has(a) && (selected || []).length < 2)) lines.push(...l);
      this.chosen.setLatLngs(lines);
    },
    hover(i, event) {
      const { texts, groups, group_names } = this.state;
      const key = i;
      if (this.hovered !== key) {
        this.hovered = key;
        const add = (cls, text) => {
          const line = document.createElement("div");
          line.className = cls;
          line.textContent = text;
          this.card.append(line);
        };
        this.card.replaceChildren();
        add("hover-name", texts.names[i]);
        if (texts.places[i]) add("hover-place", texts.places[i]);
        if (texts.values && texts.values[i]) add("hover-value", texts.values[i]);
        if (groups[i] >= 0) add("hover-group", group_names[groups[i]]);
        else if (texts.status[i]) add("hover-group", texts.status[i]);
        this.card.hidden = false;
      }
      const size = this.map.getSize(), at = event.containerPoint;
      const width = this.card.offsetWidth, height = this.card.offsetHeight;
      const x = at.x + 18 + width > size.x ? at.x - width - 14 : at.x + 18;
      const y = Math.min(Math.max(8, at.y + 14), size.y - height - 8);
      this.card.style.transform = `translate(${Math.max(8, x)}px, ${y}px)`;
    },
    unhover() { this.hovered = undefined; this.card.hidden = true; },
    // Names where there is room: alliances first, then their members as one zooms in.
    label_places() {
      const { groups, group_tags, texts, show_names, centres } = this.state;
      for (const name of this.names) name.remove();
      this.names = [];
      if (!groups || show_names === false) { this.settle(); return; }
      const zoom = this.map.getZoom();
      const pen = (this.pen ??= document.createElement("canvas").getContext("2d"));
      const taken = [], pane = this.map.getPane("markerPane");
      const metres = (lat) => (40075016 * Math.cos((lat * Math.PI) / 180)) / (256 * 2 ** zoom);
      const put = (i, text, cls, font, room) => {
        const [lat, lng, radius] = this.geo.spots[i];
        pen.font = font;
        const w = pen.measureText(text).width + 6, h = cls === "tag" ? 17 : 14;
        const at = this.map.latLngToLayerPoint([lat, lng]);
        if (room && w / 2 > (radius / metres(lat)) * room) return false;
        for (const dy of cls === "tag" ? [0, -h, h] : [0, h * 0.9, -h * 0.9]) {
          const box = [at.x - w / 2, at.y + dy - h / 2, at.x + w / 2, at.y + dy + h / 2];
          if (taken.some((t) => box[0] < t[2] && box[2] > t[0] && box[1] < t[3] && box[3] > t[1])) continue;
          taken.push(box);
          const el = document.createElement("div");
          el.className = `place ${cls} leaflet-zoom-hide`;
          el.textContent = text;
          el.setAttribute("aria-hidden", "true");
          pane.append(el);
          L.DomUtil.setPosition(el, L.point(Math.round(box[0] + 3), Math.round(box[1])));
          this.names.push(el);
          return true;
        }
        return false;
      };
      if (this.state.outlines !== false)
        group_tags.forEach((tag, g) => {
          if (centres[g] !== undefined) put(centres[g], tag, "tag", "700 12px Gangso", 0);
        });
      if (zoom >= 7.5)
        texts.names.forEach((name, i) => {
          if (!(groups[i] >= 0 && centres[groups[i]] === i)) put(i, texts.short[i], "town", "400 11px Gangso", zoom > 9.5 ? 3 : 1.6);
        });
      this.settle();
    },
    draw_points() {
      this.marks.clearLayers();
      for (const p of this.state.points) {
        const icon = L.divIcon({ className: `mark mark-${p.kind}`, html: "", iconSize: [p.size, p.size] });
        const marker = L.marker(p.at, { icon, pane: "marks", keyboard: false, interactive: true });
        marker.on("add", () => {
          const el = marker.getElement();
          el.textContent = p.sign;
          el.style.setProperty("--tone", p.tone);
          el.setAttribute("aria-hidden", "true");
        });
        marker.on("mouseover", () => {
          this.hovered = -1;
          this.card.replaceChildren(...p.lines.map((text, k) => Object.assign(document.createElement("div"), { className: k ? "hover-value" : "hover-name", textContent: text })));
          this.card.hidden = false;
          const at = this.map.latLngToContainerPoint(p.at);
          this.card.style.transform = `translate(${Math.min(at.x + 14, this.map.getSize().x - 230)}px, ${at.y + 10}px)`;
        });
        marker.on("mouseout", () => this.unhover());
        this.marks.addLayer(marker);
      }
    },
    draw_flows() {
      this.flows.clearLayers();
      for (const f of this.state.flows)
        this.flows.addLayer(L.polyline([f.from, f.to], {
          renderer: this.flowRenderer, interactive: false, weight: f.width, className: f.inside ? "flow flow-inside" : "flow flow-across",
        }));
    },
    lay_tiles(source) {
      if (this.tiles) { this.tiles.remove(); this.tiles = undefined; this.credit?.remove(); }
      if (source) {
        this.tiles = L.tileLayer(source.url, { maxZoom: 18, referrerPolicy: "origin" }).addTo(this.map);
        this.credit = L.control.attribution({ prefix: false, position: "bottomright" }).addTo(this.map);
        this.credit.addAttribution(source.credit);
      }
      this.fill();
    },
    // Show some municipalities, with room around them.
    go(codes) {
      const spots = codes.map((code) => this.index[code]).filter((i) => i !== undefined && this.geo.units[i].length);
      if (!spots.length) return;
      const bounds = L.latLngBounds([]);
      for (const i of spots) bounds.extend(this.layers[i].getBounds());
      const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
      this.touched = true;
      const aside = this.map.getSize().x < 500 ? 20 : 90;
      // On a phone the sheet of the card covers the lower part.
      const sheet = aside === 20 && document.body.dataset.pane === "card" ? this.map.getSize().y * 0.6 : aside;
      this.map.fitBounds(bounds, { paddingTopLeft: [aside, aside === 20 ? 90 : aside], paddingBottomRight: [aside, sheet], maxZoom: 9.5, animate: !calm, duration: 0.45 });
    },
  },
};
