#include "provider/gemini_chunk.hpp"

#include <algorithm>
#include <array>

#include "provider/json_text.hpp"
#include "provider/wire_value.hpp"

namespace errand::provider {

namespace {

struct Counter {
  const char* name;
  std::int64_t GeminiCounts::*field;
};
constexpr std::array counters = {
    Counter{"promptTokenCount", &GeminiCounts::prompt},      Counter{"cachedContentTokenCount", &GeminiCounts::cached},
    Counter{"toolUsePromptTokenCount", &GeminiCounts::tool}, Counter{"candidatesTokenCount", &GeminiCounts::candidates},
    Counter{"thoughtsTokenCount", &GeminiCounts::thoughts},
};

bool scan_usage(JsonScanner& json, GeminiCounts& out) {
  std::string_view key;
  json.begin_object();
  while (json.next_key(key)) {
    const auto* counter = std::ranges::find(counters, key, [](const Counter& c) { return std::string_view(c.name); });
    if (counter == counters.end()) {
      json.skip();
      continue;
    }
    std::size_t count = 0;
    json.number(count);
    out.*counter->field = static_cast<std::int64_t>(count);
  }
  return !json.failed();
}

// [{"text":"…"}], also with "thought": true; a signature takes the long way.
bool scan_parts(JsonScanner& json, GeminiChunk& out) {
  std::string_view key;
  int texts = 0;
  json.begin_array();
  if (!json.next_element()) return false;
  json.begin_object();
  while (json.next_key(key)) {
    if (key == "text") {
      json.string(out.text);
      ++texts;
    } else if (key == "thought") {
      out.thought = json.peek() == 't';
      json.skip();
    } else {
      return false;
    }
  }
  return texts == 1 && !json.next_element() && !json.failed();
}

bool scan_content(JsonScanner& json, GeminiChunk& out) {
  std::string_view key;
  int lists = 0;
  json.begin_object();
  while (json.next_key(key)) {
    if (key == "parts") {
      if (++lists > 1 || !scan_parts(json, out)) return false;
    } else {
      json.skip();
    }
  }
  return !json.failed() && lists == 1;
}

bool scan_candidate(JsonScanner& json, GeminiChunk& out) {
  std::string_view key;
  std::size_t index = 0;
  int contents = 0;
  json.begin_object();
  while (json.next_key(key)) {
    if (key == "content") {
      if (++contents > 1 || !scan_content(json, out)) return false;
    } else if (key == "index") {
      json.number(index);
    } else if (key == "safetyRatings" || key == "avgLogprobs" || key == "tokenCount") {
      json.skip();
    } else {
      return false;
    }
  }
  return !json.failed() && contents == 1 && index == 0;
}

}  // namespace

void GeminiCounts::read(const Json& usage_metadata) {
  for (const auto& counter : counters) overwrite(this->*counter.field, usage_metadata, counter.name);
}

chat::Usage GeminiCounts::usage() const {
  chat::Usage out;
  out.cache_read = std::min(cached, prompt);
  out.input = prompt - out.cache_read + tool;
  out.output = candidates + thoughts;
  out.reasoning = thoughts;
  out.tool = tool;
  return out;
}

bool scan_gemini_chunk(std::string_view data, GeminiChunk& out) {
  out.thought = false;
  JsonScanner json(data);
  std::string_view key;
  int lists = 0;
  int usages = 0;
  json.begin_object();
  while (json.next_key(key)) {
    if (key == "candidates") {
      json.begin_array();
      if (++lists > 1 || !json.next_element() || !scan_candidate(json, out) || json.next_element()) return false;
    } else if (key == "usageMetadata") {
      if (++usages > 1 || !scan_usage(json, out.counts)) return false;
    } else if (key == "modelVersion" || key == "responseId" || key == "createTime") {
      json.skip();
    } else {
      return false;
    }
  }
  return json.finished() && lists == 1;
}

}  // namespace errand::provider
