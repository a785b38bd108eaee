/**
 * The strongly connected components of a graph that contain a cycle (Tarjan, without recursion).
 * `edges[i]` are the nodes that i leads to.
 */
export function components(edges: readonly (readonly number[])[]): readonly number[][] {
  const order = new Int32Array(edges.length).fill(-1);
  const low = new Int32Array(edges.length);
  const open = new Uint8Array(edges.length);
  const pending: number[] = [];
  const found: number[][] = [];
  let count = 0;
  const close = (node: number): void => {
    const members: number[] = [];
    for (let member = -1; member !== node;) {
      member = pending.pop()!;
      open[member] = 0;
      members.push(member);
    }
    if (members.length > 1 || edges[node]!.includes(node)) found.push(members);
  };
  for (let root = 0; root < edges.length; root++) {
    if (order[root] !== -1) continue;
    const path: { readonly node: number; next: number }[] = [];
    const enter = (node: number): void => {
      order[node] = low[node] = count++;
      open[node] = 1;
      pending.push(node);
      path.push({ node, next: 0 });
    };
    enter(root);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const { node } = top;
      const target = edges[node]![top.next++];
      if (target !== undefined) {
        if (order[target] === -1) enter(target);
        else if (open[target] === 1) low[node] = Math.min(low[node]!, order[target]!);
        continue;
      }
      path.pop();
      const parent = path.at(-1)?.node;
      if (parent !== undefined) low[parent] = Math.min(low[parent]!, low[node]!);
      if (low[node] === order[node]) close(node);
    }
  }
  return found;
}
