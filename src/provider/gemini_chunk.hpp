#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json_fwd.hpp"
#include "chat/message.hpp"

namespace errand::provider {

/// `usageMetadata`. Cumulative; chunks may tell some of its counters only.
struct GeminiCounts {
  std::int64_t prompt = 0;      ///< with what was cached
  std::int64_t cached = 0;      ///< of `prompt`
  std::int64_t tool = 0;        ///< what Google's own tools put into the prompt, beside `prompt`
  std::int64_t candidates = 0;  ///< without thoughts
  std::int64_t thoughts = 0;
  bool operator==(const GeminiCounts&) const = default;

  void read(const Json& usage_metadata);
  [[nodiscard]] chat::Usage usage() const;
};

/// A chunk that brings one piece of text or of thinking, and nothing else but counters: the kind that comes by the
/// thousand.
struct GeminiChunk {
  std::string text;
  bool thought = false;
  GeminiCounts counts;  ///< overwritten by what the chunk tells
};

/// Reads `data` into `out`. False: it is no such chunk, read it as a document. What it takes, it reads as the document
/// would be read; what is passed over is checked loosely.
bool scan_gemini_chunk(std::string_view data, GeminiChunk& out);

}  // namespace errand::provider
