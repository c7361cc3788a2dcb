#include "pgb/certificate/certificate.h"

#include <type_traits>
#include <utility>

#include <nlohmann/json.hpp>

#include "pgb/certificate/fields.h"
#include "pgb/io/json_text.h"
#include "pgb/io/message.h"
#include "pgb/io/problem_file.h"

namespace pgb::certificate {
namespace {

constexpr const char* version = "pgb-certificate/1";

// The fields of each kind, the same for reading and writing: `s` is the statement, `p` the proof.
template <class F>
void visit(F& s, F& p, NotCritical& c) {
  s.required("center", c.center);
  s.required("radius", c.radius);
  p.required("component", c.component);
  p.required("precision", c.precision);
}

template <class F>
void visit(F& s, F& p, FlatDirection& c) {
  s.required("center", c.center);
  p.required("direction", c.direction);
  p.required("epsilon", c.epsilon);
  p.required("component", c.component);
  p.required("precision", c.precision);
}

template <class F>
void visit(F& s, F& p, NoLocalMinimum& c) {
  s.required("center", c.center);
  s.required("radius", c.radius);
  p.word("rule", "added-neurons");
  p.required("output", c.output);
  p.required("sample", c.sample);
  p.required("precision", c.precision);
}

template <class F>
void visit(F& s, F& p, CriticalPoint& c) {
  s.required("center", c.center);
  s.required("radius", c.radius);
  s.required("uniqueness_radius", c.uniqueness_radius);
  s.optional("strict_minimum", c.strict_minimum);
  s.optional("maximum", c.maximum);
  s.optional("saddle", c.saddle);
  s.optional("regular", c.regular);
  s.optional("smaller_minimum", c.smaller_minimum);
  s.optional("isolated", c.isolated);
  p.required("pinned", c.pinned);
  p.required("symmetries", c.symmetries);
  p.optional("still", c.still);
  s.optional("splits", c.splits);
  if (c.saddle) p.required("direction", c.direction);
  if (c.regular) p.required("rows", c.rows);
  if (c.isolated) p.required("multipliers", c.multipliers);
  p.required("precision", c.precision);
}

template <class F>
void visit(F& s, F& p, InterpolatingMinimum& c) {
  s.required("center", c.center);
  s.required("radius", c.radius);
  p.required("coordinates", c.coordinates);
  p.required("precision", c.precision);
}

template <class F>
void visit(F& s, F& p, NoSuboptimalLocalMinimum& c) {
  s.required("center", c.center);
  s.required("radius", c.radius);
  p.required("coordinates", c.coordinates);
  p.required("precision", c.precision);
}

template <class F>
void visit(F& s, F& p, LowerValue& c) {
  s.required("center", c.center);
  s.required("radius", c.radius);
  s.required("other", c.other);
  p.required("precision", c.precision);
}

template <class F>
void visit(F& s, F& p, Rank& c) {
  s.required("center", c.center);
  s.required("radius", c.radius);
  s.required("at_least", c.at_least);
  p.required("rows", c.rows);
  p.required("columns", c.columns);
  p.optional("prime", c.prime);
  p.required("precision", c.precision);
}

template <class F>
void visit(F& s, F& p, NegativeCurvature& c) {
  s.required("center", c.center);
  s.required("radius", c.radius);
  p.required("direction", c.direction);
  p.required("precision", c.precision);
}

template <class F>
void visit(F& s, F& p, SpanOrthogonal& c) {
  s.required("center", c.center);
  s.required("space", c.space);
  p.required("precision", c.precision);
}

template <class F>
void visit(F& s, F& p, LevelSet& c) {
  s.required("center", c.center);
  s.required("radius", c.radius);
  p.required("classes", c.classes);
  p.required("across", c.across);
  p.required("precision", c.precision);
}

template <class F>
void visit(F& s, F& p, BoxTree& c) {
  s.required("center", c.center);
  s.required("radii", c.radii);
  s.required("subject", c.subject);
  s.required("points", c.points);
  s.required("undecided", c.undecided);
  p.required("tree", c.tree);
  p.required("precision", c.precision);
}

// Reads the claim of type number I of the variant, or of a later one, by the name of its kind.
template <std::size_t I = 0>
Claim read_claim(const std::string& kind, FieldReader& statement, FieldReader& proof) {
  if constexpr (I == std::variant_size_v<Claim>) {
    throw FormatError(statement.where() + ": field \"kind\": unknown kind " + io::in_quotes(kind));
  } else {
    using Kind = std::variant_alternative_t<I, Claim>;
    if (kind != Kind::kind) return read_claim<I + 1>(kind, statement, proof);
    Kind claim;
    visit(statement, proof, claim);
    return claim;
  }
}

}  // namespace

std::string write_certificate(const Certificate& certificate) {
  FieldWriter head, statement, proof;
  Claim claim = certificate.claim;
  std::visit(
      [&](auto& c) {
        statement.word("kind", std::decay_t<decltype(c)>::kind);
        visit(statement, proof, c);
      },
      claim);
  head.word("format", version);
  head.word("producer", certificate.producer);
  head.word("problem_sha256", certificate.problem_sha256);
  head.put("statement", std::move(statement));
  head.put("proof", std::move(proof));
  head.word("text", certificate.text);
  std::string text = head.text();
  text.back() = ',';  // the closing brace comes after the problem, which is JSON text already
  return text + "\"problem\":" + certificate.problem.value_or("null") + "}\n";
}

Certificate read_certificate(const std::string& text, const std::string& where) {
  if (!io::Json::accept(text)) io::parse_json(text, where);  // throws, naming the place
  try {
    const io::Json json = io::parse_json(text, where);
    FieldReader head(json, where);
    Certificate certificate;
    head.word("format", version);
    head.text("producer", certificate.producer);
    head.text("problem_sha256", certificate.problem_sha256);
    head.text("text", certificate.text);
    const io::Json& problem = head.field("problem");
    if (!problem.is_null()) {
      const std::string place = io::field_place(where, "problem");
      certificate.problem = io::canonical_json(io::read_problem_text(problem.dump(), place));
    }
    FieldReader statement(head.field("statement"), io::field_place(where, "statement"));
    FieldReader proof(head.field("proof"), io::field_place(where, "proof"));
    std::string kind;
    statement.text("kind", kind);
    certificate.claim = read_claim(kind, statement, proof);
    for (const FieldReader* fields : {&head, &statement, &proof}) fields->refuse_others();
    return certificate;
  } catch (const FormatError&) {
    throw;
  } catch (const InputError& error) {
    throw FormatError(error.what());
  }
}

}  // namespace pgb::certificate
