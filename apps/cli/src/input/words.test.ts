import {
  agentStatusType,
  messagesChannelsRow,
  messageType,
  sessionsActiveRow,
  taskPriorityType,
  taskStatusType,
} from "@mister-smith/schema";
import { describe, expect, it } from "vitest";
import { agentStatuses } from "../agents/agent-statuses.ts";
import { channelTypes, messageTypes } from "../messages/message-words.ts";
import { sessionTypes } from "../sessions/session-types.ts";
import { taskPriorities, taskStatuses } from "../tasks/task-words.ts";

describe("the words that options take", () => {
  it.each([
    ["statuses of agents", agentStatuses, agentStatusType.options],
    ["statuses of tasks", taskStatuses, taskStatusType.options],
    ["priorities", taskPriorities, taskPriorityType.options],
    ["types of messages", messageTypes, messageType.options],
  ])("are all %s that the database has", (_, words, stored) => {
    expect([...words].sort()).toEqual([...stored].sort());
  });

  it("are types of channels and sessions that the database takes", () => {
    for (const type of channelTypes) expect(messagesChannelsRow.shape.channel_type.parse(type)).toBe(type);
    for (const type of sessionTypes) expect(sessionsActiveRow.shape.session_type.parse(type)).toBe(type);
  });
});
