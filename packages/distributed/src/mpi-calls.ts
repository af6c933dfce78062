import type { MpiHandle } from "./mpi-abi.js";
import type { Libmpi } from "./open-libmpi.js";

/** An operation of MPI that is under way. */
export interface MpiRequest {
  /** Whether it is done; also moves all operations of this process on. */
  test(): boolean;
}

/** The part of MPI that is used here, with the types of the two families of libmpi out of the way. Call it from the main thread alone. */
export interface MpiCalls {
  readonly rank: number;
  readonly size: number;
  /** In place. */
  sum(values: Float32Array<ArrayBuffer>): MpiRequest;
  /** `own` of each process, one after the other. */
  gather(own: Uint8Array<ArrayBuffer>, all: Uint8Array<ArrayBuffer>): MpiRequest;
  /** Rank 0's to all, in place. */
  broadcast(bytes: Uint8Array<ArrayBuffer>): MpiRequest;
  /** A message beside the collective calls. */
  send(bytes: Uint8Array<ArrayBuffer>, to: number): MpiRequest;
  /** The next message of at most `into.length` bytes, if one has come; answers its sender. The rest of `into` stays. */
  receive(into: Uint8Array<ArrayBuffer>): number | undefined;
  readonly abort: (code: number) => void;
  readonly finalize: () => void;
}

/** MPI_THREAD_FUNNELED: other threads of the process do not call MPI. */
const FUNNELED = 1;
const MESSAGE_TAG = 7;
/** At least MPI_MAX_ERROR_STRING and the size of MPI_Status of either family. */
const ERROR_BYTES = 512;
const STATUS_BYTES = 64;

type Argument = MpiHandle | Uint8Array | Int32Array | null;
type MpiFunction = (...parameters: Argument[]) => number;

/** Memory that stays where it is: that of a small array does so only when it has an ArrayBuffer from the start. */
const bytesOf = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(new ArrayBuffer(length));

/** Initialises MPI. */
export function startMpi({ handle, abi, address }: Libmpi): MpiCalls {
  const { handleType: handleOf, inPlace, statusIgnore } = abi;
  const pointer = "void *";
  const declare = (name: string, parameters: readonly string[]): MpiFunction => handle.func(name, "int", [...parameters]) as MpiFunction;
  const errorString = declare("MPI_Error_string", ["int", pointer, pointer]);

  /** Calls, and throws what MPI says of an error code. */
  const checked = (name: string, parameters: readonly string[]): MpiFunction => {
    const call = declare(name, parameters);
    return (...given) => {
      const code = call(...given);
      if (code === 0) return code;
      const [text, length] = [bytesOf(ERROR_BYTES), new Int32Array(1)];
      errorString(code, text, length);
      throw new Error(`[@ssl-vit/distributed] ${name}: expected success, received error ${code}: ${new TextDecoder().decode(text.subarray(0, length[0]))}.`);
    };
  };
  const integer = (call: (into: Int32Array) => void): number => {
    const into = new Int32Array(1);
    call(into);
    return into[0]!;
  };

  checked("MPI_Init_thread", [pointer, pointer, "int", pointer])(null, null, FUNNELED, new Int32Array(1));
  const duplicate = checked("MPI_Comm_dup", [handleOf, pointer]);
  const returnErrors = checked("MPI_Comm_set_errhandler", [handleOf, handleOf]);
  /** Each kind of call has a communicator of its own: ranks that make different ones then wait, and are told of, in place of reading each other's bytes. */
  const communicator = (): MpiHandle => {
    const into = bytesOf(8);
    duplicate(abi.world, into);
    const own = abi.readHandle(new DataView(into.buffer));
    returnErrors(own, abi.errorsReturn);
    return own;
  };
  returnErrors(abi.world, abi.errorsReturn);
  const [sums, gathers, broadcasts, messages] = [communicator(), communicator(), communicator(), communicator()];

  const allReduce = checked("MPI_Iallreduce", [pointer, pointer, "int", handleOf, handleOf, handleOf, pointer]);
  const allGather = checked("MPI_Iallgather", [pointer, "int", handleOf, pointer, "int", handleOf, handleOf, pointer]);
  const broadcast = checked("MPI_Ibcast", [pointer, "int", handleOf, "int", handleOf, pointer]);
  const send = checked("MPI_Isend", [pointer, "int", handleOf, "int", "int", handleOf, pointer]);
  const probe = checked("MPI_Iprobe", ["int", "int", handleOf, pointer, pointer]);
  const receive = checked("MPI_Recv", [pointer, "int", handleOf, "int", "int", handleOf, pointer]);
  const test = checked("MPI_Test", [pointer, pointer, pointer]);
  const flag = new Int32Array(new ArrayBuffer(4));
  const flagAddress = address(flag);
  const status = bytesOf(STATUS_BYTES);

  /** Starts an operation. MPI knows addresses alone, so its memory and the request's are held here until it is done. */
  const start = (memory: readonly ArrayBufferView[], begin: (request: bigint) => void): MpiRequest => {
    const request = bytesOf(8);
    const requestAddress = address(request);
    begin(requestAddress);
    let held: readonly ArrayBufferView[] | undefined = [request, ...memory];
    return {
      test: () => {
        if (held === undefined) return true;
        test(requestAddress, flagAddress, statusIgnore);
        if (flag[0] === 0) return false;
        held = undefined;
        return true;
      },
    };
  };

  return {
    rank: integer((into) => checked("MPI_Comm_rank", [handleOf, pointer])(abi.world, into)),
    size: integer((into) => checked("MPI_Comm_size", [handleOf, pointer])(abi.world, into)),
    sum: (values) => start([values], (request) => allReduce(inPlace, address(values), values.length, abi.float, abi.sum, sums, request)),
    gather: (own, all) => start([own, all], (request) => allGather(address(own), own.length, abi.byte, address(all), own.length, abi.byte, gathers, request)),
    broadcast: (bytes) => start([bytes], (request) => broadcast(address(bytes), bytes.length, abi.byte, 0, broadcasts, request)),
    send: (bytes, to) => start([bytes], (request) => send(address(bytes), bytes.length, abi.byte, to, MESSAGE_TAG, messages, request)),
    receive: (into) => {
      probe(abi.anySource, MESSAGE_TAG, messages, flagAddress, address(status));
      if (flag[0] === 0) return undefined;
      const from = new DataView(status.buffer).getInt32(abi.sourceOffset, true);
      receive(address(into), into.length, abi.byte, from, MESSAGE_TAG, messages, statusIgnore);
      return from;
    },
    abort: (code) => {
      declare("MPI_Abort", [handleOf, "int"])(abi.world, code);
    },
    finalize: () => {
      checked("MPI_Finalize", [])();
    },
  };
}
