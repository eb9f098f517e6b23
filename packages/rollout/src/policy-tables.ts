// The names that the persistence policy knows. A name that stands nowhere here is unknown, and kept.

/** Kept in both history modes. */
export const keptEvents: ReadonlySet<string> = new Set([
  'token_count',
  'thread_goal_updated',
  'thread_rolled_back',
  'thread_settings_applied',
  'turn_aborted',
  'task_started',
  'turn_started',
  'task_complete',
  'turn_complete',
])

/** Kept in legacy threads; paginated ones hold the same as `item_completed`. */
export const legacyEvents: ReadonlySet<string> = new Set([
  'user_message',
  'agent_message',
  'agent_reasoning',
  'agent_reasoning_raw_content',
  'entered_review_mode',
  'exited_review_mode',
  'patch_apply_end',
  'context_compacted',
  'mcp_tool_call_end',
  'web_search_end',
  'image_generation_end',
  'sub_agent_activity',
])

/** Kept in the extended mode only. */
export const extendedEvents: ReadonlySet<string> = new Set([
  'error',
  'guardian_assessment',
  'exec_command_end',
  'view_image_tool_call',
  'dynamic_tool_call_request',
  'dynamic_tool_call_response',
])
export const extendedPattern = /^collab_.*_end$/

/** Never kept: progress, questions to the user, and answers to the client. */
export const transientEvents: ReadonlySet<string> = new Set([
  'agent_reasoning_section_break',
  'background_event',
  'deprecation_notice',
  'elicitation_request',
  'get_history_entry_response',
  'guardian_warning',
  'hook_completed',
  'hook_started',
  'item_started',
  'list_custom_prompts_response',
  'list_remote_skills_response',
  'list_skills_response',
  'mcp_list_tools_response',
  'mcp_startup_complete',
  'mcp_startup_update',
  'model_reroute',
  'model_verification',
  'patch_apply_updated',
  'plan_update',
  'raw_response_item',
  'realtime_conversation_closed',
  'realtime_conversation_realtime',
  'realtime_conversation_started',
  'remote_skill_downloaded',
  'request_permissions',
  'request_user_input',
  'session_configured',
  'shutdown_complete',
  'skills_update_available',
  'stream_error',
  'terminal_interaction',
  'thread_name_updated',
  'turn_diff',
  'undo_completed',
  'undo_started',
  'warning',
])
export const transientPattern = /(?:_begin|_delta|_approval_request)$/

/** Requests to the model and markers that are no part of a history; `ghost_snapshot` stands in old files. */
export const droppedResponseItems: ReadonlySet<string> = new Set([
  'additional_tools',
  'compaction_trigger',
  'ghost_snapshot',
  'other',
])
