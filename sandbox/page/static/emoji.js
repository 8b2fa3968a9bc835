// The names of emoji that chat and this app commonly use; an unknown name stays as it was typed.

const NAMES = {
  "+1": "👍", thumbsup: "👍", "-1": "👎", thumbsdown: "👎", tada: "🎉", wave: "👋", eyes: "👀", pray: "🙏",
  fire: "🔥", rocket: "🚀", bulb: "💡", warning: "⚠️", rotating_light: "🚨", no_entry: "⛔",
  no_entry_sign: "🚫", stop_sign: "🛑", white_check_mark: "✅", heavy_check_mark: "✔️",
  ballot_box_with_check: "☑️", x: "❌", negative_squared_cross_mark: "❎", question: "❓",
  grey_question: "❔", exclamation: "❗", information_source: "ℹ️", mag: "🔍", mag_right: "🔎",
  lock: "🔒", unlock: "🔓", key: "🔑", shield: "🛡️", closed_lock_with_key: "🔐", hourglass: "⌛",
  hourglass_flowing_sand: "⏳", alarm_clock: "⏰", clock1: "🕐", stopwatch: "⏱️", calendar: "📅",
  email: "✉️", envelope: "✉️", "e-mail": "📧", inbox_tray: "📥", outbox_tray: "📤", paperclip: "📎",
  page_facing_up: "📄", clipboard: "📋", memo: "📝", pencil2: "✏️", bar_chart: "📊",
  chart_with_upwards_trend: "📈", file_folder: "📁", open_file_folder: "📂", link: "🔗", gear: "⚙️",
  wrench: "🔧", hammer: "🔨", bell: "🔔", no_bell: "🔕", robot_face: "🤖", bust_in_silhouette: "👤",
  busts_in_silhouette: "👥", detective: "🕵️", globe_with_meridians: "🌐", computer: "💻", iphone: "📱",
  telephone_receiver: "📞", smile: "😄", slightly_smiling_face: "🙂", thinking_face: "🤔", heart: "❤️",
  star: "⭐", large_green_circle: "🟢", large_yellow_circle: "🟡", large_orange_circle: "🟠",
  red_circle: "🔴", large_blue_circle: "🔵", white_circle: "⚪", black_circle: "⚫", arrow_right: "➡️",
  arrow_left: "⬅️", arrow_up: "⬆️", arrow_down: "⬇️", leftwards_arrow_with_hook: "↩️", hand: "✋",
  raised_hand: "✋", point_right: "👉", ok_hand: "👌", clap: "👏", "100": "💯",
};

const NAME = /:([a-z0-9_+'-]+):/g;

/** The picture of a name, or undefined. */
export const emoji = (name) => (Object.hasOwn(NAMES, name) ? NAMES[name] : undefined);

/** Replace the names in a text that are known. */
export const withEmoji = (text) => text.replace(NAME, (whole, name) => emoji(name) ?? whole);
