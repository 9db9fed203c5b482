import { asDatabaseError, isSmithError } from "@mister-smith/errors";

const thrownByADriver = Object.assign(new Error("deadlock detected"), { code: "40P01" });
const error = asDatabaseError(thrownByADriver, "move the task");

console.log(error.message); // cannot move the task: deadlock detected
console.log(error.errorClass, error.retryable); // conflict true
console.log(isSmithError(error)); // true
