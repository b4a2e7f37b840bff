#pragma once

#include <string_view>

// Internal to this room: the words of a recording that its writer and its reader share.
namespace errand::http::recording_format {

inline constexpr int version = 1;

// The `type` of a line.
inline constexpr std::string_view recording = "recording";
inline constexpr std::string_view request = "request";
inline constexpr std::string_view response = "response";
inline constexpr std::string_view body = "body";
inline constexpr std::string_view end = "end";

// How an exchange ended (`as`).
inline constexpr std::string_view whole = "whole";
inline constexpr std::string_view failed = "failed";
inline constexpr std::string_view stopped = "stopped";

}  // namespace errand::http::recording_format
