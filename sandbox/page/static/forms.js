// What people have put into fields, kept beside the DOM so that it outlives a fresh drawing.

const stores = new Map();

/** The values of one message or view, by block id and action id. */
export class Form {
  #values = new Map();

  /** The form of this message or view; the same one every time it is drawn. */
  static of(key) {
    if (!stores.has(key)) stores.set(key, new Form());
    return stores.get(key);
  }

  /** Forget the forms whose views are gone. */
  static keepOnly(prefix, keys) {
    for (const key of stores.keys()) if (key.startsWith(prefix) && !keys.has(key)) stores.delete(key);
  }

  get(block, element) {
    return this.#values.get(`${block.block_id}\n${element.action_id}`);
  }

  set(block, element, value) {
    this.#values.set(`${block.block_id}\n${element.action_id}`, value);
  }

  /** What was changed, of those fields that are still there: {block_id: {action_id: value}}. */
  values(blocks) {
    const found = {};
    for (const block of blocks)
      for (const element of [block.element, block.accessory, ...(block.elements ?? [])]) {
        if (!element?.action_id || ["button", "overflow"].includes(element.type)) continue;
        const value = this.get(block, element);
        if (value !== undefined) (found[block.block_id] ??= {})[element.action_id] = value;
      }
    return found;
  }
}
