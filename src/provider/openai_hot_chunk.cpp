#include "provider/openai_hot_chunk.hpp"

#include "provider/json_text.hpp"

namespace errand::provider {

namespace {

void string_or_null(JsonScanner& json, std::string& out) {
  if (json.null()) {
    out.clear();
  } else {
    json.string(out);
  }
}

bool null_or_empty(JsonScanner& json) {
  std::string_view text;
  if (!json.null()) json.plain(text);
  return !json.failed() && text.empty();
}

bool scan_hot_function(JsonScanner& json, HotChunk& out) {
  std::string_view key;
  json.begin_object();
  while (json.next_key(key)) {
    if (key == "arguments") {
      json.string(out.arguments);
    } else if (key == "name") {
      if (!null_or_empty(json)) return false;
    } else {
      json.skip();
    }
  }
  return !json.failed();
}

// [{"index":0,"function":{"arguments":"…"}}]: more of a call that has begun.
bool scan_hot_calls(JsonScanner& json, HotChunk& out) {
  std::string_view key;
  bool has_index = false;
  json.begin_array();
  if (!json.next_element()) return false;
  json.begin_object();
  while (json.next_key(key)) {
    if (key == "index") {
      json.number(out.call_index);
      has_index = true;
    } else if (key == "id") {
      if (!null_or_empty(json)) return false;
    } else if (key == "function") {
      if (out.has_call || !scan_hot_function(json, out)) return false;
      out.has_call = true;
    } else {
      json.skip();
    }
  }
  return has_index && out.has_call && !json.next_element() && !json.failed();
}

bool scan_hot_delta(JsonScanner& json, HotChunk& out) {
  std::string_view key;
  json.begin_object();
  while (json.next_key(key)) {
    if (key == "content") {
      string_or_null(json, out.content);
    } else if (key == "reasoning_content") {
      string_or_null(json, out.reasoning_content);
    } else if (key == "reasoning") {
      string_or_null(json, out.reasoning);
    } else if (key == "refusal" || key == "reasoning_details") {
      if (!json.null()) return false;
    } else if (key == "tool_calls") {
      if (!json.null() && (out.has_call || !scan_hot_calls(json, out))) return false;
    } else {
      json.skip();
    }
  }
  return !json.failed();
}

bool scan_hot_choice(JsonScanner& json, HotChunk& out) {
  std::string_view key;
  std::size_t index = 0;
  int deltas = 0;
  json.begin_object();
  while (json.next_key(key)) {
    if (key == "delta") {
      if (++deltas > 1 || !scan_hot_delta(json, out)) return false;
    } else if (key == "index") {
      json.number(index);
    } else if (key == "finish_reason" || key == "error" || key == "message" || key == "usage") {
      if (!json.null()) return false;
    } else {
      json.skip();
    }
  }
  return !json.failed() && index == 0 && deltas == 1;
}

}  // namespace

bool scan_hot_chunk(std::string_view data, HotChunk& out) {
  JsonScanner json(data);
  std::string_view key;
  int choices = 0;
  json.begin_object();
  while (json.next_key(key)) {
    if (key == "choices") {
      json.begin_array();
      if (++choices > 1 || !json.next_element() || !scan_hot_choice(json, out) || json.next_element()) return false;
    } else if (key == "usage" || key == "error" || key == "x_groq") {
      if (!json.null()) return false;
    } else {
      json.skip();
    }
  }
  return json.finished() && choices == 1;
}

}  // namespace errand::provider
