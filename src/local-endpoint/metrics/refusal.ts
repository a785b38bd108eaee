import { ServiceError } from '../service-error.ts';

function refusal(code: string, message: string): ServiceError {
  return new ServiceError(`com.amazonaws.cloudwatch#${code}Exception`, message, 400, { 'x-amzn-query-error': `${code};Sender` });
}

export function invalidValue(message: string): ServiceError {
  return refusal('InvalidParameterValue', message);
}

export function invalidCombination(message: string): ServiceError {
  return refusal('InvalidParameterCombination', message);
}

export function missing(parameter: string): ServiceError {
  return new ServiceError('com.amazonaws.cloudwatch#MissingRequiredParameterException', `The parameter ${parameter} is required.`, 400, { 'x-amzn-query-error': 'MissingParameter;Sender' });
}
