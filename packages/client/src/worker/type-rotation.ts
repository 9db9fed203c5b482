/** Puts another one first each time, so that none comes last for ever. */
export function rotation<Item>(items: readonly Item[]): () => readonly Item[] {
  let first = 0;
  return () => {
    if (items.length < 2) return items;
    const turned = [...items.slice(first), ...items.slice(0, first)];
    first = (first + 1) % items.length;
    return turned;
  };
}
