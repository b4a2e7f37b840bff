#include "telemetry/settings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/unicode.hpp"

namespace errand::telemetry {

namespace {

using std::chrono::milliseconds;

constexpr std::string_view local_collector = "http://localhost:4318";
constexpr std::int64_t longest_wait_ms = 3'600'000;
constexpr std::size_t shown_columns = 60;
constexpr std::array<const char*, 3> header_variables = {
    "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_METRICS_HEADERS"};

// Headers that say what for, not by what right: tenants and data sets are words that a conversation may well have.
constexpr std::array<std::string_view, 15> plain_headers = {
    "content-type",  "dataset",         "organization",   "stream-name", "tenant",        "tenant-id",
    "user-agent",    "x-axiom-dataset", "x-axiom-org-id", "x-dataset",   "x-environment", "x-honeycomb-dataset",
    "x-scope-orgid", "x-tenant-id",     "x-tenant"};

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// "%2C" is a comma; a '%' that begins no such pair stands for itself.
std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_pair =
        text[i] == '%' && i + 2 < text.size() && digit_of(text[i + 1]) >= 0 && digit_of(text[i + 2]) >= 0;
    if (!is_pair) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(digit_of(text[i + 1]) * 16 + digit_of(text[i + 2]));
    i += 2;
  }
  return out;
}

struct Pair {
  std::string key;
  std::string value;
};

// "key1=value1,key2=value2" in the form of W3C Baggage. Members without '=' or key are counted, not shown: they may be
// half a secret.
struct Pairs {
  std::vector<Pair> good;
  std::size_t bad = 0;
};

Pairs parse_pairs(std::string_view text) {
  Pairs out;
  for (const auto& member : text::split(text, ',')) {
    const auto trimmed = text::trim(member);
    if (trimmed.empty()) continue;
    const auto equals = trimmed.find('=');
    const auto key = text::trim(trimmed.substr(0, equals));
    if (equals == std::string_view::npos || key.empty()) {
      ++out.bad;
      continue;
    }
    out.good.push_back({percent_decoded(key), percent_decoded(text::trim(trimmed.substr(equals + 1)))});
  }
  return out;
}

bool is_header_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos || (c >= '0' && c <= '9') ||
           (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

bool is_header_value(std::string_view value) {
  return std::ranges::none_of(value, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

std::string shown(std::string_view value) {
  return text::ellipsize(unicode::sanitize(value), shown_columns);
}

// One signal's variables: its own word first, else the one for all.
struct Signal {
  std::string_view name;  // "TRACES"
  std::string_view path;  // "/v1/traces"
};

constexpr Signal trace_signal{"TRACES", "/v1/traces"};
constexpr Signal metric_signal{"METRICS", "/v1/metrics"};

class Reader {
 public:
  explicit Reader(const Lookup& lookup) : lookup_(lookup) {}

  Settings read() {
    if (is_true("OTEL_SDK_DISABLED")) return std::move(out_);
    out_.traces = endpoint_of(trace_signal);
    out_.metrics = endpoint_of(metric_signal);
    if (!out_.exports()) return std::move(out_);
    check_protocol();
    read_resource();
    read_sampler();
    read_content();
    read_temporality();
    out_.span_delay = wait_of("OTEL_BSP_SCHEDULE_DELAY", out_.span_delay);
    out_.metric_interval = wait_of("OTEL_METRIC_EXPORT_INTERVAL", out_.metric_interval);
    out_.patience = wait_of("OTEL_BSP_EXPORT_TIMEOUT", out_.patience);
    return std::move(out_);
  }

 private:
  // The specification counts an empty value as not set.
  [[nodiscard]] std::optional<std::string> value(std::string_view name) const {
    const auto found = lookup_(name);
    if (!found || text::trim(*found).empty()) return std::nullopt;
    return std::string(text::trim(*found));
  }
  [[nodiscard]] std::optional<std::string> word(std::string_view name) const {
    const auto found = value(name);
    return found ? std::optional(text::lower(*found)) : std::nullopt;
  }
  [[nodiscard]] bool is_true(std::string_view name) const { return word(name) == "true"; }

  [[nodiscard]] std::string own_name(const Signal& signal, std::string_view rest) const {
    return fmt::format("OTEL_EXPORTER_OTLP_{}_{}", signal.name, rest);
  }
  [[nodiscard]] std::string general_name(std::string_view rest) const {
    return fmt::format("OTEL_EXPORTER_OTLP_{}", rest);
  }

  void notice(std::string sentence) {
    if (std::ranges::find(out_.notices, sentence) == out_.notices.end()) out_.notices.push_back(std::move(sentence));
  }

  std::optional<Endpoint> endpoint_of(const Signal& signal) {
    const auto exporter_name = fmt::format("OTEL_{}_EXPORTER", signal.name);
    const auto exporter = word(exporter_name);
    if (exporter && *exporter != "otlp") {
      if (*exporter != "none")
        notice(fmt::format("{}={} is no exporter of this program: nothing is exported for it; it has otlp and none",
                           exporter_name, shown(*exporter)));
      return std::nullopt;
    }
    const auto own = value(own_name(signal, "ENDPOINT"));
    const auto general = value(general_name("ENDPOINT"));
    if (!own && !general && !exporter) return std::nullopt;
    Endpoint out;
    out.url = own ? *own : with_path(general.value_or(std::string(local_collector)), signal.path);
    if (!is_http(out.url)) {
      notice(fmt::format("{} {} is no http or https address: nothing is exported to it",
                         own ? own_name(signal, "ENDPOINT") : general_name("ENDPOINT"),
                         shown(text::public_url(out.url))));
      return std::nullopt;
    }
    out.headers = headers_of(signal);
    const auto timeout = wait_of(general_name("TIMEOUT"), out.timeout);
    out.timeout = wait_of(own_name(signal, "TIMEOUT"), timeout);
    return out;
  }

  static bool is_http(std::string_view url) { return url.starts_with("http://") || url.starts_with("https://"); }

  static std::string with_path(std::string base, std::string_view path) {
    while (base.ends_with('/')) base.pop_back();
    return base + std::string(path);
  }

  std::vector<std::pair<std::string, std::string>> headers_of(const Signal& signal) {
    const auto own = own_name(signal, "HEADERS");
    const auto name = value(own) ? own : general_name("HEADERS");
    const auto pairs = parse_pairs(value(name).value_or(""));
    auto bad = pairs.bad;
    std::vector<std::pair<std::string, std::string>> out;
    for (const auto& [key, header] : pairs.good) {
      if (is_header_name(key) && is_header_value(header))
        out.emplace_back(key, header);
      else
        ++bad;
    }
    if (bad > 0)
      notice(fmt::format("{} of {} can't be sent; it is written key=value,key=value, with values percent-encoded",
                         text::count_of(bad, "header"), name));
    return out;
  }

  void check_protocol() {
    std::vector<std::string> names = {general_name("PROTOCOL")};
    if (out_.traces) names.push_back(own_name(trace_signal, "PROTOCOL"));
    if (out_.metrics) names.push_back(own_name(metric_signal, "PROTOCOL"));
    for (const auto& name : names) {
      const auto asked = word(name);
      if (!asked || *asked == "http/json") continue;
      return notice(fmt::format("{}={} is not spoken here: http/json is sent instead", name, shown(*asked)));
    }
  }

  void read_resource() {
    const auto pairs = parse_pairs(value("OTEL_RESOURCE_ATTRIBUTES").value_or(""));
    if (pairs.bad > 0) {
      // The specification: an error in one member discards the whole value.
      notice("OTEL_RESOURCE_ATTRIBUTES is not key=value,key=value and counts as not set");
    } else {
      for (const auto& [key, text] : pairs.good) set_resource(key, text);
    }
    if (const auto service = value("OTEL_SERVICE_NAME")) set_resource("service.name", *service);
    const auto is_name = [](const Attribute& attribute) { return attribute.key == "service.name"; };
    if (std::ranges::none_of(out_.resource, is_name)) set_resource("service.name", "errand");
  }

  void set_resource(const std::string& key, const std::string& text) {
    const auto found = std::ranges::find(out_.resource, key, &Attribute::key);
    if (found != out_.resource.end())
      found->value = text;
    else
      out_.resource.push_back({key, text});
  }

  void read_sampler() {
    const auto asked = word("OTEL_TRACES_SAMPLER");
    if (!asked) return;
    auto name = std::string_view(*asked);
    Sampler sampler;
    constexpr std::string_view by_parent = "parentbased_";
    sampler.by_parent = name.starts_with(by_parent);
    if (sampler.by_parent) name.remove_prefix(by_parent.size());
    if (name == "always_on") {
      sampler.root = Sampler::Root::on;
    } else if (name == "always_off") {
      sampler.root = Sampler::Root::off;
    } else if (name == "traceidratio") {
      sampler.root = Sampler::Root::ratio;
      sampler.ratio = read_ratio();
    } else {
      return notice(fmt::format("OTEL_TRACES_SAMPLER={} is unknown here: parentbased_always_on counts", shown(*asked)));
    }
    out_.sampler = sampler;
  }

  double read_ratio() {
    const auto text = value("OTEL_TRACES_SAMPLER_ARG").value_or("1");
    double ratio = 1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ratio);
    if (error == std::errc() && end == text.data() + text.size() && ratio >= 0 && ratio <= 1) return ratio;
    notice(fmt::format("OTEL_TRACES_SAMPLER_ARG={} is no share from 0 to 1: 1 counts", shown(text)));
    return 1;
  }

  void read_content() {
    const auto asked = word("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT");
    if (!asked || *asked == "false" || *asked == "no_content") return;
    if (*asked == "true" || *asked == "span_only" || *asked == "span_and_event") {
      out_.content = Content::captured;
      return;
    }
    notice(
        fmt::format("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT={} is not followed: no content is exported; "
                    "true exports it",
                    shown(*asked)));
  }

  void read_temporality() {
    const auto asked = word("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE");
    if (asked == "delta" || asked == "lowmemory") out_.temporality = Temporality::delta;
  }

  milliseconds wait_of(const std::string& name, milliseconds otherwise) {
    const auto text = value(name);
    if (!text) return otherwise;
    std::int64_t ms = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), ms);
    if (error == std::errc() && end == text->data() + text->size() && ms > 0)
      return milliseconds(std::min(ms, longest_wait_ms));
    notice(fmt::format("{}={} is no number of milliseconds: {} counts", name, shown(*text), otherwise.count()));
    return otherwise;
  }

  const Lookup& lookup_;
  Settings out_;
};

}  // namespace

// By the last 56 bits of the id, which W3C Trace Context (level 2) wants random: everybody decides alike.
bool Sampler::keeps(const std::string& trace_id, const std::optional<TraceParent>& outer) const {
  if (by_parent && outer) return outer->sampled;
  if (root != Root::ratio) return root == Root::on;
  if (ratio >= 1) return true;
  constexpr std::size_t digits = 14;
  std::uint64_t random = 0;
  const auto tail = std::string_view(trace_id).substr(trace_id.size() - std::min(digits, trace_id.size()));
  std::from_chars(tail.data(), tail.data() + tail.size(), random, 16);
  return static_cast<double>(random) < ratio * std::ldexp(1.0, 4 * static_cast<int>(digits));
}

Settings read_settings(const Lookup& lookup) {
  return Reader(lookup).read();
}

std::vector<std::string> secrets_of(const Lookup& lookup) {
  std::vector<std::string> out;
  for (const auto* name : header_variables) {
    for (auto& pair : parse_pairs(lookup(name).value_or("")).good) {
      const bool is_plain = std::ranges::find(plain_headers, text::lower(pair.key)) != plain_headers.end();
      if (!is_plain) out.push_back(std::move(pair.value));
    }
  }
  return out;
}

}  // namespace errand::telemetry
