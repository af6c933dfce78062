/** What a chart calls a data set: the last part of its path, `cifar10-test-000000.tar`. */
export const dataName = (path: string): string => path.split(/[\\/]/).findLast((part) => part !== "") ?? path;
